/** @file Power cuts and failing calls in a simulated file system, at every call of making a folder and saving into it. */
import { describe, expect, test } from 'vitest';
import { writeSealed } from '../../src/data/seal.ts';
import { DataError } from '../../src/errors.ts';
import { randomStream } from '../../src/random.ts';
import { type DiskFileSystem, SimulatedDisk } from '../simulated-disk.ts';
import { type Fault, faults, faulty } from './faulty.ts';
import { isFull } from './size.ts';
import { ours, plain, runFolder, twins, type WayToSave } from './ways-to-save.ts';

/** Checkpoints that can be told apart. */
const files = await Promise.all(
  [0, 1, 2, 3].map((value) =>
    writeSealed([{ name: 'a', shape: [40], values: new Float32Array(40).fill(value) }], { number: `${value}` }),
  ),
);
/** Which of them is found; −1 if none is. */
async function found(fileSystem: DiskFileSystem): Promise<number> {
  const bytes = await ours
    .store(fileSystem)
    .load()
    .catch((error: DataError) => {
      if ((error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null;
      throw error;
    });
  return files.findIndex((file) => bytes && Buffer.compare(file, bytes) === 0);
}

const temporaries = async ({ fileSystem }: SimulatedDisk): Promise<string[]> =>
  (await fileSystem.readdir(runFolder)).filter((name) => name.endsWith('.tmp'));

/** Cuts the power at each call of a run's saves. @returns how many states may follow, and how many break the promise */
async function violationsAfterPowerCuts(way: WayToSave, states: number): Promise<{ states: number; bad: string[] }> {
  const random = randomStream(7, 'power cuts');
  const bad: string[] = [];
  for (let at = 1; ; at++) {
    const disk = new SimulatedDisk();
    const { fileSystem, calls } = faulty(disk.fileSystem, { at, fault: 'power cut' });
    let saved = -1;
    try {
      await way.makeFolder(fileSystem);
      const store = way.store(fileSystem);
      for (const place of [0, 1, 2]) {
        await store.save(files[place]!);
        saved = place;
      }
    } catch {}
    for (let state = 0; state < states; state++) {
      const left = disk.afterPowerCut(random);
      const there = await found(left.fileSystem);
      // What was on its way may have arrived.
      if (there < saved || there > saved + 1) bad.push(`call ${at}: saved was ${saved}, but ${there} is there`);
      if (there >= 0) {
        await way.store(left.fileSystem).save(files[3]!);
        if ((await found(left.fileSystem)) !== 3) bad.push(`call ${at}: no more can be saved`);
        if ((await temporaries(left)).length > 0) bad.push(`call ${at}: a temporary file stays`);
      }
    }
    if (calls() < at) return { states: at * states, bad };
  }
}

describe('a power cut', () => {
  const states = isFull ? 300 : 60;

  test('leaves the old or the new before "saved", and the new after it', async () => {
    const { states: seen, bad } = await violationsAfterPowerCuts(ours, states);
    expect(bad).toEqual([]);
    expect(seen).toBeGreaterThanOrEqual(isFull ? 10_000 : 2000);
  });

  test('does no harm to the plainest way that takes every care', async () => {
    expect((await violationsAfterPowerCuts(plain, states)).bad).toEqual([]);
  });

  test.each([
    'overwrites in place',
    'does not sync the file',
    'does not sync the folder',
    'does not sync the folder above',
  ] as const)('destroys what a way saves that %s', async (name) => {
    expect((await violationsAfterPowerCuts(twins[name], states)).bad.length).toBeGreaterThan(10);
  });
});

interface FaultOptions {
  readonly fault: Fault;
  readonly forEver: boolean;
}

/** Fails each call of three saves in turn, which go on as they can. @returns what broke the promise, in words */
async function violationsAfterFaults(way: WayToSave, { fault, forEver }: FaultOptions): Promise<string[]> {
  const violations: string[] = [];
  for (let at = 1; ; at++) {
    const disk = new SimulatedDisk();
    await way.makeFolder(disk.fileSystem);
    await way.store(disk.fileSystem).save(files[0]!);
    const { fileSystem, calls } = faulty(disk.fileSystem, { at, fault, forEver });
    const note = (what: string): number => violations.push(`call ${at}: ${what}`);
    const store = way.store(fileSystem);
    let saved = 0;
    for (const place of [1, 2, 3]) {
      try {
        await store.save(files[place]!);
        saved = place;
      } catch (error) {
        if (!(error instanceof DataError) && way === ours) note(String(error));
      }
      const there = await found({ ...disk.fileSystem, unlink: async () => {} });
      // One that is whole may be there, though its save failed at the end.
      if (there < saved || there > place) note(`saved was ${saved}, but ${there} is there after ${place}`);
    }
    if ((await temporaries(disk)).length > 1) note('more than one temporary file is left');
    await found(disk.fileSystem);
    if ((await temporaries(disk)).length > 0) note('a temporary file stays after the next start');
    if (calls() < at) return violations;
  }
}

describe('when a call of the file system fails, the earlier checkpoint is intact, and nothing else is called saved', () => {
  const cases = faults.flatMap((fault) => [
    { fault, times: 'once', forEver: false },
    { fault, times: 'for ever', forEver: true },
  ]);
  test.each(cases)('$fault, $times', async (options) => {
    expect(await violationsAfterFaults(ours, options)).toEqual([]);
  });

  test.each<[keyof typeof twins, Fault]>([
    ['overwrites in place', 'EIO'],
    ['calls it saved before it is read back', 'lost write'],
  ])('a way that %s does not keep this at %s', async (name, fault) => {
    expect(await violationsAfterFaults(plain, { fault, forEver: false })).toEqual([]);
    expect((await violationsAfterFaults(twins[name], { fault, forEver: false })).length).toBeGreaterThan(0);
  });
});

test.each(['EIO', 'EROFS'] as const)(
  'a start at which a call fails with %s finds a checkpoint, or says why not',
  async (fault) => {
    for (const forEver of [false, true]) {
      for (let at = 1; ; at++) {
        const disk = new SimulatedDisk();
        await ours.makeFolder(disk.fileSystem);
        for (const file of files) await ours.store(disk.fileSystem).save(file);
        const { fileSystem, calls } = faulty(disk.fileSystem, { at, fault, forEver });
        const bytes = await ours
          .store(fileSystem)
          .load()
          .catch((error: unknown) => error);
        if (bytes instanceof Error) expect(bytes).toBeInstanceOf(DataError);
        else expect([files[2], files[3]]).toContainEqual(bytes);
        if (calls() < at) break;
      }
    }
  },
);
