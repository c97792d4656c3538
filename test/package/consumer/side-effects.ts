/**
 * @file Prints what importing a module changes in the language's own objects: a JSON list of their names.
 *
 *     node side-effects.js MODULE
 */
type Known = Map<unknown, Map<PropertyKey, unknown>>;

/** Every global, and what its prototype holds. */
function look(): Known {
  const values = Reflect.ownKeys(globalThis).map((key) => Reflect.get(globalThis, key));
  const prototypes = values.map((value) => (typeof value === 'function' ? value.prototype : undefined));
  const objects = [globalThis, ...values, ...prototypes].filter((value) => value instanceof Object);
  return new Map(objects.map((object) => [object, propertiesOf(object)]));
}

function propertiesOf(object: object): Map<PropertyKey, unknown> {
  const described = Reflect.ownKeys(object).map((key) => {
    const { value, get, set } = Reflect.getOwnPropertyDescriptor(object, key)!;
    return [key, value ?? get ?? set] as const;
  });
  return new Map(described);
}

declare const process: { argv: string[] };

// What Node makes only when it is asked for is made first: of its globals by a look, of `process` by importing its names.
await import('node:process' as string);
look();
const before = look();
await import(process.argv[2]!);
export const changed = [...look()].flatMap(([object, properties]) =>
  [...properties].filter(([key, value]) => !Object.is(before.get(object)?.get(key), value)).map(([key]) => String(key)),
);
console.log(JSON.stringify(changed));
