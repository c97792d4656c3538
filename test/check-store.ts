/** @file What every store of checkpoints keeps to, in memory, in a folder, or in a browser. */
import { expect, test } from 'vitest';
import { writeSealed } from '../src/data/seal.ts';
import { maxPool } from '../src/layers/index.ts';
import { cnn } from '../src/model/cnn.ts';
import type { CheckpointStore } from '../src/training/checkpoint-store.ts';
import type { NumberedStore } from '../src/training/numbered-store.ts';
import { train } from '../src/training/train.ts';
import { tinyData } from './tiny-data.ts';

/** Sealed files that can be told apart. */
export const files: readonly Uint8Array[] = await Promise.all(
  [0, 1, 2, 3].map((value) =>
    writeSealed([{ name: 'a', shape: [9], values: new Float32Array(9).fill(value) }], { number: `${value}` }),
  ),
);

/** Which of them; −1 if none. */
export const placeOf = (bytes: Uint8Array | null): number =>
  files.findIndex((file) => bytes !== null && Buffer.compare(file, bytes) === 0);

/** @param open a store of what the last one kept, if there was one in this test */
export function checkStore(open: () => CheckpointStore): void {
  test('has none at first, then the newest, and so has the next store', async () => {
    const store = open();
    expect(await store.load()).toBe(null);
    for (const file of files) {
      await store.save(file);
      expect(placeOf(await store.load())).toBe(placeOf(file));
    }
    expect(placeOf(await open().load())).toBe(3);
  });

  test('keeps the bytes that it got, whatever becomes of them', async () => {
    const store = open();
    const whole = new Uint8Array(files[0]!.length + 20).fill(7);
    const part = whole.subarray(10, -10);
    part.set(files[0]!);
    await store.save(part);
    whole.fill(0);
    expect(placeOf(await store.load())).toBe(0);
  });

  test('a training goes on from it', async () => {
    const [model, data] = [cnn([maxPool({ poolSize: 6, stride: 6 })]), tinyData(9, 3)];
    const stop = new AbortController();
    const checkpoint = { store: open(), everySteps: 1, onSave: () => stop.abort(new Error('enough')) };
    const stopped = train(model, data, { batchSize: 2, checkpoint, signal: stop.signal });
    await expect(stopped).rejects.toThrow('enough');
    const positions: number[] = [];
    const onSave = ({ position }: { position: number }) => positions.push(position);
    const resumed = await train(model, data, { batchSize: 2, checkpoint: { store: open(), everySteps: 1, onSave } });
    expect(resumed.weightsSha256).toBe((await train(model, data, { batchSize: 2 })).weightsSha256);
    // It was saved after two steps, since an abort is seen after the next one.
    expect(positions[0]).toBe(6);
  });
}

/** A place of numbered checkpoints, and how to look at it and damage it. */
export interface PlaceUnderTest {
  open(onWarning?: (message: string) => void): NumberedStore;
  /** What there is, in order. */
  numbers(): Promise<readonly number[]>;
  nameOf(number: number): string;
  overwrite(number: number, bytes: Uint8Array): Promise<void>;
}

export function checkNumberedStore({ open, numbers, nameOf, overwrite }: PlaceUnderTest): void {
  checkStore(open);

  test('keeps the newest and the one before it, and clears', async () => {
    const store = open();
    for (const file of files) await store.save(file);
    expect(await numbers()).toEqual([3, 4]);
    await store.clear();
    expect(await numbers()).toEqual([]);
  });

  test('names a damaged one, and gives the one before', async () => {
    const warnings: string[] = [];
    const store = open((message) => warnings.push(message));
    for (const file of files) await store.save(file);
    await overwrite(4, files[3]!.subarray(0, 100));
    const damaged = 'is damaged: its bytes do not have the SHA-256 that it was written with.';
    expect(placeOf(await store.load())).toBe(2);
    expect(warnings.splice(0)).toEqual([`${nameOf(4)} ${damaged} ${nameOf(3)} is used.`]);
    await overwrite(3, new Uint8Array());
    expect(await store.load()).toBe(null);
    expect(warnings[1]).toBe(`${nameOf(3)} ${damaged} There is none before it: the training starts anew.`);
    await store.save(files[1]!);
    expect(placeOf(await store.load())).toBe(1);
  });

  test('keeps the one that it was loaded from, not the damaged one after it', async () => {
    for (const file of files.slice(0, 2)) await open().save(file);
    await overwrite(2, new Uint8Array());
    const store = open();
    expect(placeOf(await store.load())).toBe(0);
    await store.save(files[2]!);
    expect(await numbers()).toEqual([1, 3]);
  });
}
