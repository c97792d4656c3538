/** @file `ocellus train`: trains one network and scores it once on the test images. */
import { availableParallelism } from 'node:os';
import { checkWritable } from '../data/node/atomic-file.ts';
import { formatCount } from '../format-number.ts';
import { buildNetwork, cnn } from '../model/cnn.ts';
import { parseNotation, printNotation } from '../model/notation.ts';
import { summarize } from '../model/summary.ts';
import { saveModel } from '../node.ts';
import { parseOptimizer, printOptimizer } from '../optimizers/notation.ts';
import { evaluate } from '../training/evaluate.ts';
import { type Progress as TrainingProgress, train as trainModel } from '../training/train.ts';
import { defineCommand, type Zod } from './command.ts';
import { dataOption, describeData, resolveData } from './data-option.ts';
import { confusionTable, historyTable, loss, percent, seconds } from './format.ts';
import {
  count,
  engineOption,
  engines,
  flag,
  notationArgument,
  optimizerOption,
  seedOption,
  text,
  threadsOption,
} from './options.ts';
import { type Progress, type Task, withProgress } from './progress.ts';
import {
  confusionMatrixSchema,
  dataSchema,
  epochSchema,
  modelSchema,
  optimizerSchema,
  rateSchema,
  sha256Schema,
} from './schema-parts.ts';

export const train = defineCommand({
  name: 'train',
  summary: 'train a network and score it on the test images',
  group: 'Train and compare',
  examples: [
    'train "conv + relu + pool" --epochs 3 --batch 64 --out model.safetensors',
    'train "sharedConv + pool" --data fashion-mnist --optimizer "adagrad(0.005)" --batch 1',
  ],
  arguments: { notation: notationArgument },
  options: {
    data: dataOption,
    epochs: count('passes over the training images', { from: 1, to: 1_000_000, standard: 1 }),
    batch: count('images a step', { from: 1, to: 65_536, standard: 32 }),
    optimizer: optimizerOption,
    seed: seedOption,
    validation: count('training images set aside to validate on after each epoch', { standard: 0 }),
    trainImages: count('how many of the other images to train on, drawn by the seed; all by default', { from: 1 }),
    engine: engineOption,
    threads: threadsOption,
    hash: flag('print the SHA-256 of the weights after every epoch'),
    out: text('file', 'where to save the model, as safetensors; nowhere by default'),
  },
  output,
  async run(input, context) {
    const { epochs, batch, seed, validation, trainImages, threads = availableParallelism(), out } = input;
    const model = cnn(parseNotation(input.notation));
    const optimizer = parseOptimizer(input.optimizer);
    const engine = engines[input.engine];
    const load = await resolveData(input.data, context);
    if (out !== undefined) await checkWritable(out);
    const data = await load();
    const network = buildNetwork(model, { input: data.train.shape, classes: data.classes.length });
    if (out !== undefined) await checkWritable(out, 4 * summarize(network).parameters + recordBytes);
    const trained = await withProgress(context, (progress) =>
      trainModel(model, data, {
        epochs,
        batchSize: batch,
        optimizer,
        seed,
        validation,
        ...(trainImages === undefined ? {} : { trainImages }),
        engine,
        threads,
        hashEpochs: input.hash,
        onProgress: epochReporter(progress, epochs),
        signal: context.signal,
      }),
    );
    if (out !== undefined) await saveModel(trained, out);
    const { errorRate, loss: testLoss, confusionMatrix } = await evaluate(trained, data.test, { engine, threads });
    const images = trainImages ?? data.train.count - validation;
    return {
      body: {
        notation: printNotation(model.layers),
        model: trained.model,
        data: describeData(data),
        epochs,
        batchSize: batch,
        optimizer,
        seed,
        validation,
        trainImages: images,
        engine: engine.name,
        history: trained.history,
        testErrorRate: errorRate,
        testLoss,
        confusionMatrix,
        seconds: trained.seconds,
        weightsSha256: trained.weightsSha256,
        out: out ?? null,
      },
      text: (colors) =>
        [
          `${printNotation(model.layers) || 'the head alone'}, ${printOptimizer(optimizer)}, batches of ${batch}, seed ${seed}`,
          `${data.name}: ${formatCount(images, 'training image')}, ${formatCount(data.test.count, 'test image')}`,
          '',
          historyTable(trained.history, { colors }),
          '',
          `${colors.bold(`test error ${percent(errorRate)}`)}, loss ${loss(testLoss)}; trained in ${seconds(trained.seconds)}`,
          '',
          confusionTable(confusionMatrix, data.classes, { colors }),
          '',
          `weights SHA-256 ${trained.weightsSha256}`,
          ...(out === undefined ? [] : [`saved to ${out}`]),
        ].join('\n'),
    };
  },
});

/** More than a model's record takes in its file, beside the weights. */
const recordBytes = 32_768;

/** Makes each epoch a task; a bar says how the last one ended. */
export function epochReporter(progress: Progress, epochs: number): (event: TrainingProgress) => void {
  let task: Task | undefined;
  let before = '';
  return (event) => {
    if (event.kind === 'steps') {
      task ??= progress.task(`epoch ${event.epoch}/${epochs}`, event.of);
      task.update(event.examples, `loss ${loss(event.loss)}${before}`);
      return;
    }
    const { epoch, trainLoss, validationErrorRate, seconds: time, weightsSha256 } = event.record;
    const validated = validationErrorRate === undefined ? '' : `, validation error ${percent(validationErrorRate)}`;
    (task ?? progress.task(`epoch ${epoch}/${epochs}`, 1)).done(
      `loss ${loss(trainLoss)}${validated}, ${seconds(time)}`,
    );
    if (weightsSha256 !== undefined) progress.say(`epoch ${epoch}/${epochs}: weights SHA-256 ${weightsSha256}`);
    task = undefined;
    before = validated === '' ? '' : `${validated} before`;
  };
}

function output(zod: Zod) {
  return zod.strictObject({
    notation: zod.string(),
    model: modelSchema(zod),
    data: dataSchema(zod),
    epochs: zod.int().min(1),
    batchSize: zod.int().min(1),
    optimizer: optimizerSchema(zod),
    seed: zod.int().min(0),
    validation: zod.int().min(0),
    trainImages: zod.int().min(1),
    engine: zod.string(),
    history: zod.array(epochSchema(zod)),
    testErrorRate: rateSchema(zod),
    testLoss: zod.number(),
    confusionMatrix: confusionMatrixSchema(zod),
    seconds: zod.number(),
    weightsSha256: sha256Schema(zod),
    out: zod.string().nullable(),
  });
}
