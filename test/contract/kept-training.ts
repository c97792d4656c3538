/** @file A training that its browser keeps: stopped, refused while another has its store, and taken up again; in pages. */
import { maxPool } from '../../src/layers/index.ts';
import { cnn } from '../../src/model/cnn.ts';
import { browserStore } from '../../src/training/browser/browser-store.ts';
import { type TrainOptions, train } from '../../src/training/train.ts';
import { tinyData } from '../tiny-data.ts';

const training = (options: TrainOptions) => train(cnn([maxPool()]), tinyData(), { batchSize: 10, ...options });

export const wholeTraining = async (): Promise<string> => (await training({})).weightsSha256;

/** @returns why it was refused, where it then went on, and its weights in the end */
export async function keptTraining(): Promise<{ refused: string; positions: number[]; weightsSha256: string }> {
  const stop = new AbortController();
  const enough = new Error('enough');
  const store = browserStore('kept');
  const checkpoint = { store, everySteps: 1, onSave: () => stop.abort(enough) };
  await training({ checkpoint, signal: stop.signal }).catch((error) => {
    if (error !== enough) throw error;
  });
  const positions: number[] = [];
  const next = {
    store: browserStore('kept'),
    everySteps: 1,
    onSave: ({ position }: { position: number }) => positions.push(position),
  };
  const release = await store.hold();
  const refused = await training({ checkpoint: next }).then(() => '', String);
  release();
  const { weightsSha256 } = await training({ checkpoint: next });
  return { refused, positions, weightsSha256 };
}
