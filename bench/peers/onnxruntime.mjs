/** @file ONNX Runtime predicting, one thread: `node onnxruntime.mjs onnxruntime-node`, or `onnxruntime-web` (WebAssembly). */
import { onnxOf } from './onnx.mjs';
import { floatsOf, readBatches, readWeights, serve } from './serve.mjs';

const { InferenceSession, Tensor, env } = await import(process.argv[2]);

serve(async ({ batchSize, ...files }) => {
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(onnxOf(readWeights(files.weights), batchSize), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const { pixels, next } = readBatches({ ...files, batchSize });
  const floats = floatsOf(pixels);
  const shape = [batchSize, 1, 28, 28];
  let logits;
  return {
    stepsAtOnce: 1,
    async step() {
      const from = next();
      const image = new Tensor('float32', floats.subarray(from * 784, (from + batchSize) * 784), shape);
      logits = (await session.run({ image })).logits;
    },
    answer: () => logits.data,
  };
});
