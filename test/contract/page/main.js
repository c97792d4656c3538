/** @file Starts the worker that answers, and says so where it cannot. JavaScript: the project's types know no page. */
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

worker.addEventListener('error', ({ message }) => {
  void fetch('/requests', { method: 'POST', body: JSON.stringify({ failed: `The page's worker failed: ${message}` }) });
});
