/** @file Uses 'ocellus/node' as someone would who installed it. Type-checked, and run: it prints one line of JSON. */
import { type DataSet, type Evaluation, evaluate, type Trained, train } from 'ocellus';
import { loadModel, mnist, saveModel } from 'ocellus/node';
import { report } from './anywhere.js';
import { model, options, shared, sharing } from './page/training.js';

const data: DataSet = await mnist();
const trained: Trained = await train(model, data, options);
await saveModel(trained, 'model.safetensors');
const { weightsSha256: withThreads } = await train(shared, data, { ...sharing, threads: 1 });
const { errorRate }: Evaluation = await evaluate(await loadModel('model.safetensors'), data.test);

// @ts-expect-error a path is needed
export const wrongArgument = () => loadModel(1);

console.log(JSON.stringify({ weightsSha256: trained.weightsSha256, withThreads, errorRate, report }));
