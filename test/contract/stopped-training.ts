/** @file Training with threads that is stopped by its signal, at another place each time; in Node and in pages. */
import { conv, maxPool, relu } from '../../src/layers/index.ts';
import { cnn } from '../../src/model/cnn.ts';
import { train } from '../../src/training/train.ts';
import { tinyData } from '../tiny-data.ts';

/** @throws what training threw, when that is not the signal's reason */
export async function trainAndStop(cycle: number): Promise<void> {
  const model = cnn([conv({ filters: 4 }), relu(), maxPool()]);
  const stop = new AbortController();
  const enough = new Error('enough');
  setTimeout(() => stop.abort(enough), cycle % 20);
  try {
    await train(model, tinyData(), { epochs: 1e6, batchSize: 32, threads: 3, signal: stop.signal });
  } catch (error) {
    if (error !== enough) throw error;
    return;
  }
  throw new Error('Training ended though its signal had aborted.');
}
