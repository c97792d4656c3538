/**
 * @file Sealed files with the least damage there is, all of it: each byte with one bit changed, or each bit by itself, and
 * each length that the file could have been cut to. Nothing of it may pass.
 */
import { load, save } from '../../../src/export/model-file.ts';
import { dense } from '../../../src/layers/index.ts';
import { cnn } from '../../../src/model/cnn.ts';
import { adam } from '../../../src/optimizers/index.ts';
import { readCheckpoint } from '../../../src/training/checkpoint.ts';
import { memoryStore } from '../../../src/training/checkpoint-store.ts';
import { train } from '../../../src/training/train.ts';
import { tinyData } from '../../tiny-data.ts';
import type { Format } from '../fuzz.ts';

/** A checkpoint of 64 KB, and the model that came of it. */
export async function trainWide(): Promise<{ checkpoint: Uint8Array; model: Uint8Array }> {
  const store = memoryStore();
  const trained = await train(cnn([dense({ units: 36 })]), tinyData(9, 3), {
    optimizer: adam(),
    checkpoint: { store },
  });
  return { checkpoint: store.saved.at(-1)!, model: await save(trained) };
}

const files = {
  checkpoint: (input: Uint8Array) => readCheckpoint(input, 'fuzz'),
  model: (input: Uint8Array) => load(input, 'fuzz'),
};

function damage(file: keyof typeof files, unit: 'bytes' | 'bits'): Format {
  const perByte = unit === 'bytes' ? 1 : 8;
  return {
    name: `${file} ${unit}`,
    async prepare() {
      const whole = (await trainWide())[file];
      const changes = perByte * whole.length;
      return {
        count: changes + whole.length,
        refusesAll: true,
        draw({ integer }, number) {
          if (number >= changes) return whole.slice(0, number - changes);
          const changed = new Uint8Array(whole);
          changed[Math.floor(number / perByte)]! ^= 1 << (perByte === 1 ? integer(8) : number % 8);
          return changed;
        },
        read: files[file],
      };
    },
  };
}

export const changedBytes: readonly Format[] = [damage('checkpoint', 'bytes'), damage('model', 'bytes')];
export const changedBits: readonly Format[] = [damage('checkpoint', 'bits'), damage('model', 'bits')];
