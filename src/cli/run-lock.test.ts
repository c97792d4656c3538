import { createHash } from 'node:crypto';
import { lutimes, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataError, UsageError } from '../errors.ts';
import { isAlive, lockFolder, lockName, type Owner, ownNamespace, refuseIfInUse, startOf } from './run-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocellus-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const me: Owner = {
  ...{ pid: process.pid, started: startOf(process.pid), host: hostname(), namespace: ownNamespace() },
  command: 'ocellus train',
};
const leave = (owner: unknown): Promise<void> => writeFile(join(folder, lockName), JSON.stringify(owner));
const ownerThere = async (): Promise<Owner> => JSON.parse(await readFile(join(folder, lockName), 'utf8'));

test('a folder is one process’s until it is given back', async () => {
  const unlock = await lockFolder('runs/a', folder, 'ocellus train');
  expect(await ownerThere()).toEqual(me);
  await expect(lockFolder('runs/a', folder, 'ocellus resume')).rejects.toThrow(
    new UsageError(`runs/a is in use by process ${process.pid} (ocellus train). Wait for its end, or stop it.`),
  );
  await unlock();
  expect(await readdir(folder)).toEqual([]);
  await (await lockFolder('runs/a', folder, 'ocellus train'))();
});

test('of many at once, one gets it', async () => {
  // The lock of a process that is gone: no process has this number.
  await leave({ ...me, pid: 2 ** 30 });
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder('r', folder, 'ocellus train')));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(folder)).toEqual([lockName]);
});

test.skipIf(me.started === null)('a process number that was given anew does not pass for its owner', async () => {
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, started: `${me.started}0` })).toBe(false);
  await leave({ ...me, started: 'another boot 12345' });
  await lockFolder('r', folder, 'ocellus train');
  expect(await ownerThere()).toEqual(me);
});

test.each([['{'], ['null'], ['"x"'], ['{"pid":"1"}'], ['']])(
  'a lock that says nothing, %s, is nobody’s',
  async (content) => {
    await writeFile(join(folder, lockName), content);
    await lockFolder('r', folder, 'ocellus train');
    expect(await ownerThere()).toEqual(me);
  },
);

test.each([1.5, 99_999_999_999, 2 ** 31, -1, 0, '1', null])('a lock of process %j is nobody’s', async (pid) => {
  await leave({ ...me, pid });
  await lockFolder('r', folder, 'ocellus train');
  expect(await ownerThere()).toEqual(me);
});

test.each([
  ['a folder', (path: string) => mkdir(path)],
  ['a link to nothing', (path: string) => symlink('/nonexistent/x', path)],
  ['a link below a file', (path: string) => symlink('/dev/null/x', path)],
  ['a link to what never ends', (path: string) => symlink('/dev/zero', path)],
  ['a link to itself', (path: string) => symlink(path, path)],
])('%s in a lock’s place is not waited for', async (_, make) => {
  const path = join(folder, lockName);
  await make(path);
  const message = new DataError(`${path} is no file. If no process uses its folder, remove it.`);
  await expect(lockFolder('r', folder, 'ocellus train')).rejects.toThrow(message);
  await expect(refuseIfInUse(folder)).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual([lockName]);
});

test.each([
  ['a folder', (path: string) => mkdir(path), 'cannot be removed'],
  ['a link to nothing', (path: string) => symlink('/nonexistent/x', path), undefined],
  ['a file', (path: string) => writeFile(path, ''), undefined],
])('who was removing a lock and left %s is not waited for', async (_, make, problem) => {
  const content = '{"pid":0}';
  await writeFile(join(folder, lockName), content);
  const right = join(folder, `${lockName}.${createHash('sha256').update(content).digest('hex').slice(0, 16)}.tmp`);
  await make(right);
  // By a clock that was put back.
  await lutimes(right, new Date(), new Date(Date.now() + 3_600_000));
  const taken = lockFolder('r', folder, 'ocellus train');
  await (problem === undefined ? expect(taken).resolves.toBeDefined() : expect(taken).rejects.toThrow(problem));
});

test('of another machine’s processes nothing is known', async () => {
  await leave({ ...me, pid: 12, host: 'elsewhere' });
  await expect(lockFolder('r', folder, 'ocellus train')).rejects.toThrow(
    new UsageError(`r is in use by process 12 on elsewhere (ocellus train). If that has ended, remove r/${lockName}.`),
  );
});

describe.skipIf(ownNamespace() === null)('PID namespaces', () => {
  const gone = { ...me, pid: 2 ** 30 };
  const elsewhere = 'pid:[1]';

  test('of another namespace’s processes nothing is known', async () => {
    await leave({ ...gone, namespace: elsewhere });
    await expect(lockFolder('r', folder, 'ocellus train')).rejects.toThrow(
      new UsageError(
        `r is in use by process ${gone.pid} in another PID namespace (ocellus train). If that has ended, remove r/${lockName}.`,
      ),
    );
  });

  test('a lock that does not name one is of this one', () => {
    const { namespace: _, ...old } = gone;
    expect(isAlive(old)).toBe(false);
    expect(isAlive({ ...old, namespace: null })).toBe(false);
    expect(isAlive({ ...old, pid: process.pid })).toBe(true);
  });

  test('no boot leaves anybody of the one before, in whatever namespace', () => {
    const before = { ...me, started: '0a0b0c0d-0000-4000-8000-000000000000 12345' };
    for (const namespace of [ownNamespace(), elsewhere, null]) expect(isAlive({ ...before, namespace })).toBe(false);
    expect(isAlive({ ...before, host: 'elsewhere' })).toBe(true);
  });
});
