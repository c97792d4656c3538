/** @file Starts the worker, and shows what it posts. */
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

function show(result: object): void {
  document.querySelector('output')!.textContent = JSON.stringify(result);
}

worker.addEventListener('message', ({ data }) => show(data));
worker.addEventListener('error', ({ message }) => show({ error: `the worker did not run: ${message}` }));
