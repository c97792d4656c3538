/** @file `ocellus train`: trains one network and scores it once on the test images. */
import { availableParallelism } from 'node:os';
import { checkStudy, type Study } from '../comparison/study.ts';
import { checkWritable, removeTemporaries } from '../data/node/atomic-file.ts';
import { formatCount } from '../format-number.ts';
import { cnn } from '../model/cnn.ts';
import { parseNotation, printNotation, readableNotation } from '../model/notation.ts';
import type { NetworkSummary } from '../model/summary.ts';
import { saveModel } from '../node.ts';
import { parseOptimizer, printOptimizer } from '../optimizers/notation.ts';
import { hashText } from '../report/hash.ts';
import { checkEarlyStopping } from '../training/early-stopping.ts';
import { defineCommand, type Zod } from './command.ts';
import { commandLine } from './command-line.ts';
import { conductStudies } from './conduct.ts';
import { dataOption, describeData, resolveData } from './data-option.ts';
import { confusionTable, historyTable, loss, percent, seconds } from './format.ts';
import {
  count,
  engineAsked,
  fastMathOption,
  flag,
  keepBestOption,
  notationArgument,
  optimizerOption,
  patienceOption,
  seedOption,
  text,
  threadsOption,
  trainingEngineOption,
} from './options.ts';
import { onSaveErrorOption, recordBytes } from './run-folder.ts';
import {
  bestEpochSchema,
  confusionMatrixSchema,
  dataSchema,
  epochSchema,
  modelSchema,
  optimizerSchema,
  rateSchema,
  sha256Schema,
} from './schema-parts.ts';
import { taskForEpoch } from './trial-progress.ts';

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
    patience: patienceOption,
    keepBest: keepBestOption,
    trainImages: count('how many of the other images to train on, drawn by the seed; all by default', { from: 1 }),
    engine: trainingEngineOption,
    fastMath: fastMathOption,
    threads: threadsOption,
    onSaveError: onSaveErrorOption,
    hash: flag('print the SHA-256 of the weights after every epoch'),
    out: text(
      'folder|file',
      'where the run is kept, runs/<time>-train by default; or a file FILE.safetensors for the model, beside that',
    ),
  },
  output,
  async run(input, context) {
    const { epochs, batch, seed, validation, trainImages, patience, keepBest, out } = input;
    const { threads = availableParallelism(), notation, onSaveError, hash } = input;
    const model = cnn(parseNotation(notation));
    const name = printNotation(model.layers);
    const optimizer = parseOptimizer(input.optimizer);
    checkEarlyStopping(input, validation);
    const load = await resolveData(input.data, context);
    const modelFile = out?.endsWith('.safetensors') ? out : undefined;
    if (modelFile !== undefined) {
      await removeTemporaries(modelFile);
      await checkWritable(modelFile);
    }
    const data = await load();
    const study: Study = {
      title: readableNotation(name),
      architectures: [{ name, layers: model.layers }],
      ...{ data: data.name, seeds: [seed], epochs, batchSize: batch, optimizer, validation, patience, keepBest },
      ...(trainImages === undefined ? {} : { trainImages }),
      gradients: 'exact',
      compareBy: 'nothing',
    };
    const [{ parameters }] = checkStudy(study, data) as [NetworkSummary];
    if (modelFile !== undefined) await checkWritable(modelFile, 4 * parameters + recordBytes);
    const { notation: _, threads: __, out: ___, onSaveError: ____, hash: _____, ...asked } = input;
    const { run, folder, trained } = await conductStudies(
      context,
      {
        command: 'train',
        input,
        line: commandLine('train', [notation], asked),
        out: modelFile === undefined ? out : undefined,
        dataSets: { [data.name]: data },
        ...{ threads, engine: engineAsked(input), hashEpochs: hash, onSaveError, show: taskForEpoch },
      },
      async (conduct) => {
        const { trained } = await conduct(study);
        if (modelFile !== undefined) await saveModel(trained, modelFile);
      },
    );
    const { settings, architectures } = run.studies[0]!;
    const {
      history,
      bestEpoch,
      testErrorRate,
      testLoss,
      confusionMatrix,
      seconds: time,
      weightsSha256,
      arithmetic,
    } = architectures[0]!.runs[0]!;
    return {
      body: {
        notation: name,
        model: trained.model,
        data: describeData(data),
        epochs,
        batchSize: batch,
        optimizer,
        seed,
        validation,
        trainImages: settings.trainImages,
        engine: trained.engine,
        history,
        bestEpoch,
        testErrorRate,
        testLoss,
        confusionMatrix,
        seconds: time,
        weightsSha256,
        out: folder,
        modelFile: modelFile ?? null,
      },
      text: (colors) =>
        [
          `${study.title}, ${printOptimizer(optimizer)}, batches of ${batch}, seed ${seed}`,
          `${data.name}: ${formatCount(settings.trainImages, 'training image')}, ${formatCount(data.test.count, 'test image')}`,
          '',
          historyTable(history, { colors }),
          ...(bestEpoch === null ? [] : [`kept: the weights after epoch ${bestEpoch}`]),
          '',
          `${colors.bold(`test error ${percent(testErrorRate)}`)}, loss ${loss(testLoss)}; trained in ${seconds(time)}`,
          '',
          confusionTable(confusionMatrix, data.classes, { colors }),
          '',
          `weights SHA-256 ${hashText({ weightsSha256, arithmetic })}`,
          ...(modelFile === undefined ? [] : [`saved to ${modelFile}`]),
          `The report: ${folder}/report.html`,
        ].join('\n'),
    };
  },
});

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
    bestEpoch: bestEpochSchema(zod),
    testErrorRate: rateSchema(zod),
    testLoss: zod.number(),
    confusionMatrix: confusionMatrixSchema(zod),
    seconds: zod.number(),
    weightsSha256: sha256Schema(zod),
    out: zod.string().describe('the folder that the run is kept in'),
    modelFile: zod.string().nullable().describe('where the model was saved besides, if --out names a file'),
  });
}
