import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fault, faulty, SimulatedDisk } from '../../../test/simulated-disk.ts';
import { tinyData } from '../../../test/tiny-data.ts';
import { writeSealed } from '../../data/seal.ts';
import { DataError } from '../../errors.ts';
import { maxPool } from '../../layers/index.ts';
import { cnn } from '../../model/cnn.ts';
import { randomStream } from '../../random.ts';
import type { CheckpointStore } from '../checkpoint-store.ts';
import { train } from '../train.ts';
import { type FolderFileSystem, folderStore } from './checkpoint-folder.ts';

/** Sealed files that can be told apart. */
const files = await Promise.all(
  [0, 1, 2, 3].map((value) =>
    writeSealed([{ name: 'a', shape: [9], values: new Float32Array(9).fill(value) }], { number: `${value}` }),
  ),
);
const placeOf = (bytes: Uint8Array | null): number =>
  files.findIndex((file) => bytes && Buffer.compare(file, bytes) === 0);

describe('on a real disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ocellus-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('gives the newest, keeps the one before it, and clears', async () => {
    const store = folderStore(folder);
    expect(await store.load()).toBe(null);
    for (const file of files) await store.save(file);
    expect(placeOf(await folderStore(folder).load())).toBe(3);
    expect((await readdir(folder)).sort()).toEqual(['checkpoint-3.safetensors', 'checkpoint-4.safetensors']);
    await store.clear();
    expect(await readdir(folder)).toEqual([]);
  });

  test('names a damaged one, and gives the one before', async () => {
    const warnings: string[] = [];
    const store = folderStore(folder, { onWarning: (message) => warnings.push(message) });
    for (const file of files) await store.save(file);
    const [before, newest] = [3, 4].map((number) => join(folder, `checkpoint-${number}.safetensors`)) as [
      string,
      string,
    ];
    await writeFile(newest, (await readFile(newest)).subarray(0, 100));
    const damaged = 'is damaged: its bytes do not have the SHA-256 that it was written with.';
    expect(placeOf(await store.load())).toBe(2);
    expect(warnings.splice(0)).toEqual([`${newest} ${damaged} ${before} is used.`]);
    await writeFile(before, '');
    expect(await store.load()).toBe(null);
    expect(warnings[1]).toBe(`${before} ${damaged} There is none before it: the training starts anew.`);
    await store.save(files[1]!);
    expect(placeOf(await store.load())).toBe(1);
  });

  test('shares a folder with others, whose files it leaves alone', async () => {
    const [one, other] = [folderStore(folder, { name: 'a' }), folderStore(folder, { name: 'a-1' })];
    await writeFile(join(folder, 'a-x.safetensors'), 'mine');
    await writeFile(join(folder, '.a-1.safetensors.1.beef.tmp'), 'left behind');
    await one.save(files[1]!);
    await other.save(files[2]!);
    expect([placeOf(await one.load()), placeOf(await other.load())]).toEqual([1, 2]);
    await one.clear();
    expect((await readdir(folder)).sort()).toEqual(['a-1-1.safetensors', 'a-x.safetensors']);
  });

  test('a training goes on from it', async () => {
    const [model, data] = [cnn([maxPool({ poolSize: 6, stride: 6 })]), tinyData(9, 3)];
    const stop = new AbortController();
    const checkpoint = { store: folderStore(folder), everySteps: 1, onSave: () => stop.abort(new Error('enough')) };
    const stopped = train(model, data, { batchSize: 2, checkpoint, signal: stop.signal });
    await expect(stopped).rejects.toThrow('enough');
    const resumed = await train(model, data, { batchSize: 2, checkpoint: { store: folderStore(folder) } });
    expect(resumed.weightsSha256).toBe((await train(model, data, { batchSize: 2 })).weightsSha256);
  });

  test('says why it cannot save', async () => {
    const gone = join(folder, 'gone');
    const message = `${join(gone, 'checkpoint')} cannot be written: the folder ${gone} does not exist. Make it (mkdir -p), or choose another.`;
    await expect(folderStore(gone).save(files[0]!)).rejects.toThrow(new DataError(message));
  });
});

type MakeStore = (fileSystem: FolderFileSystem) => CheckpointStore;
const ours: MakeStore = (fileSystem) => folderStore('/run', { fileSystem });

/** Overwrites in place: a known-bad twin. */
const inPlace: MakeStore = (fileSystem) => ({
  load: ours(fileSystem).load,
  async save(bytes) {
    const file = await fileSystem.open('/run/checkpoint-1.safetensors', 'w');
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    await (await fileSystem.open('/run', 'r')).sync();
  },
});

/** Never syncs the folder: another. */
const withoutFolderSync: MakeStore = (fileSystem) =>
  ours({
    ...fileSystem,
    open: async (path, flags) => ({
      ...(await fileSystem.open(path, flags)),
      ...(flags === 'r' ? { sync: async () => {} } : {}),
    }),
  });

/** A disk with two checkpoints, of which `files[1]` is the newer. */
async function diskWithTwo(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  for (const file of files.slice(0, 2)) await ours(disk.fileSystem).save(file);
  return disk;
}

/** Cuts the power at each call of two saves: how many of the states that may follow break the promise. */
async function violationsAfterPowerCuts(
  makeStore: MakeStore,
  states: number,
): Promise<{ states: number; bad: number }> {
  const random = randomStream(7, 'power cuts');
  let [seen, bad] = [0, 0];
  for (let at = 1; ; at++) {
    const disk = new SimulatedDisk();
    const store = makeStore(disk.fileSystem);
    await store.save(files[0]!);
    await store.save(files[1]!);
    const { fileSystem, calls } = faulty(disk.fileSystem, { at, fault: 'power cut' });
    let saved = 1;
    try {
      for (const place of [2, 3]) {
        await makeStore(fileSystem).save(files[place]!);
        saved = place;
      }
    } catch {}
    for (let state = 0; state < states; state++) {
      const found = placeOf(await ours(disk.afterPowerCut(random).fileSystem).load());
      seen++;
      // What was on its way may have arrived.
      if (found < saved || found > saved + 1) bad++;
    }
    if (calls() < at) return { states: seen, bad };
  }
}

describe('a power cut', () => {
  test('leaves the old or the new before "saved", and the new after it', async () => {
    const { states, bad } = await violationsAfterPowerCuts(ours, 150);
    expect(bad).toBe(0);
    expect(states).toBeGreaterThan(3000);
  });

  test.each([
    ['overwrites in place', inPlace],
    ['does not sync the folder', withoutFolderSync],
  ])('destroys what %s', async (_, makeStore) => {
    expect((await violationsAfterPowerCuts(makeStore, 40)).bad).toBeGreaterThan(10);
  });
});

/** Fails each call in turn. @returns what broke the promise, in words */
async function violationsAfterFaults(makeStore: MakeStore, fault: Fault, forEver: boolean): Promise<string[]> {
  const violations: string[] = [];
  for (let at = 1; ; at++) {
    const disk = await diskWithTwo();
    const { fileSystem, calls } = faulty(disk.fileSystem, { at, fault, forEver });
    const error: unknown = await makeStore(fileSystem)
      .save(files[2]!)
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    const found = placeOf(await ours(disk.fileSystem).load());
    const left = (await disk.fileSystem.readdir('')).filter((name) => name.endsWith('.tmp'));
    if (error === undefined ? found !== 2 : found < 1) violations.push(`call ${at}: ${found} is there`);
    if (error !== undefined && !(error instanceof DataError)) violations.push(`call ${at}: ${error}`);
    if (left.length > 0) violations.push(`call ${at}: ${left} stays after the next start`);
    if (calls() < at) return violations;
  }
}

describe('when a call of the file system fails, the earlier checkpoint is intact, and nothing else is called saved', () => {
  const faults: Fault[] = ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS', 'short write'];
  test.each(
    faults.flatMap((fault) =>
      [false, true].map((forEver): [Fault, string, boolean] => [fault, forEver ? 'for ever' : 'once', forEver]),
    ),
  )('%s, %s', async (fault, _, forEver) => {
    expect(await violationsAfterFaults(ours, fault, forEver)).toEqual([]);
  });

  test('at most one temporary file stays, and a start removes it', async () => {
    const disk = await diskWithTwo();
    for (let at = 1; at <= 12; at++) {
      const { fileSystem } = faulty(disk.fileSystem, { at, fault: 'EIO', forEver: true });
      await ours(fileSystem)
        .save(files[2]!)
        .catch(() => {});
      const left = (await disk.fileSystem.readdir('')).filter((name) => name.endsWith('.tmp'));
      expect(left.length).toBeLessThanOrEqual(1);
      await ours(disk.fileSystem).load();
    }
  });

  test('overwriting in place does not keep this', async () => {
    const broken = await violationsAfterFaults(
      (fileSystem) => ({
        ...inPlace(fileSystem),
        save: async (bytes) => {
          await fileSystem.unlink('/run/checkpoint-2.safetensors').catch(() => {});
          await inPlace(fileSystem).save(bytes);
        },
      }),
      'short write',
      false,
    );
    expect(broken.length).toBeGreaterThan(0);
  });
});
