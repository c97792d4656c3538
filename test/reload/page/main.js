/** @file Answers tests, in the page's own thread or in a worker. JavaScript: the project's types know no page. */
import { answersThat } from './answers.ts';

const here = answersThat((told) => window.told(told));
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const asked = new Map();

worker.addEventListener('message', ({ data }) => {
  if ('told' in data) window.told(data.told);
  else if ('error' in data) asked.get(data.id).reject(data.error);
  else asked.get(data.id).resolve(data.value);
});
worker.addEventListener('error', ({ message }) => window.told({ failed: message }));

const askWorker = (name, args) =>
  new Promise((resolve, reject) => {
    worker.postMessage({ id: asked.size, name, args });
    asked.set(asked.size, { resolve, reject });
  });

window.ask = async (where, name, args) => {
  try {
    return await (where === 'page' ? here[name](...args) : askWorker(name, args));
  } catch (error) {
    throw new Error(String(error));
  }
};
