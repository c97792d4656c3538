/** @file Freezes a worker at one of its calls of IndexedDB, for ever: what comes after is not done, as if it were killed there. */

type Method = (...args: unknown[]) => unknown;

const calls: readonly (readonly [string, string])[] = [
  ['IDBFactory', 'open'],
  ['IDBDatabase', 'transaction'],
  ['IDBDatabase', 'close'],
  ...['add', 'put', 'delete', 'get', 'getAllKeys'].map((name) => ['IDBObjectStore', name] as const),
];

/** @param frozen called just before */
export function freezeAt(call: number, frozen: () => void): void {
  let count = 0;
  for (const [owner, name] of calls) {
    const { prototype } = (globalThis as unknown as Record<string, { prototype: Record<string, Method> }>)[owner]!;
    const method = prototype[name]!;
    prototype[name] = function (this: unknown, ...args) {
      if (++count === call) {
        frozen();
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      return method.apply(this, args);
    };
  }
}
