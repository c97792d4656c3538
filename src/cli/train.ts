/** @file `ocellus train`: trains one network and scores it once on the test images. */
import { availableParallelism } from 'node:os';
import { predictionsOf } from '../comparison/predictions.ts';
import { checkStudy, type Findings, type Study, trialsOf } from '../comparison/study.ts';
import { runJob, type Trial } from '../comparison/trial.ts';
import { checkWritable } from '../data/node/atomic-file.ts';
import { engines } from '../engine/native/node/engines.ts';
import { recordWithCloseUp } from '../explain/study-close-up.ts';
import { formatCount } from '../format-number.ts';
import { cnn } from '../model/cnn.ts';
import { parseNotation, printNotation, readableNotation } from '../model/notation.ts';
import type { NetworkSummary } from '../model/summary.ts';
import { saveModel } from '../node.ts';
import { parseOptimizer, printOptimizer } from '../optimizers/notation.ts';
import { checkEarlyStopping } from '../training/early-stopping.ts';
import type { Progress as TrainingProgress } from '../training/train.ts';
import { defineCommand, type Zod } from './command.ts';
import { commandLine } from './command-line.ts';
import { dataOption, describeData, resolveData } from './data-option.ts';
import { confusionTable, historyTable, loss, percent, seconds } from './format.ts';
import { keepRun } from './keep-run.ts';
import {
  count,
  flag,
  notationArgument,
  optimizerOption,
  seedOption,
  text,
  threadsOption,
  trainingEngineOption,
} from './options.ts';
import { type Progress, type Task, withProgress } from './progress.ts';
import { checkpointsIn, resumable } from './resumable.ts';
import { createRunFolder, onSaveErrorOption, recordBytes } from './run-folder.ts';
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
    patience: count('epochs without a lower validation error after which to stop, with the best weights', { from: 1 }),
    keepBest: flag('end with the weights of the lowest validation error, not with the last'),
    trainImages: count('how many of the other images to train on, drawn by the seed; all by default', { from: 1 }),
    engine: trainingEngineOption,
    threads: threadsOption,
    onSaveError: onSaveErrorOption,
    hash: flag('print the SHA-256 of the weights after every epoch'),
    out: text(
      'folder|file',
      'a file FILE.safetensors for the model alone, or a folder for the whole run; runs/<time>-train by default',
    ),
  },
  output,
  async run(input, context) {
    const {
      epochs,
      batch,
      seed,
      validation,
      trainImages,
      patience,
      keepBest,
      threads = availableParallelism(),
      out,
    } = input;
    const model = cnn(parseNotation(input.notation));
    const name = printNotation(model.layers);
    const optimizer = parseOptimizer(input.optimizer);
    checkEarlyStopping({ keepBest, ...(patience === undefined ? {} : { patience }) }, validation);
    const load = await resolveData(input.data, context);
    const modelFile = out?.endsWith('.safetensors') ? out : undefined;
    if (modelFile !== undefined) await checkWritable(modelFile);
    const data = await load();
    const dataSets = { [data.name]: data };
    const study: Study = {
      title: readableNotation(name),
      architectures: [{ name, layers: model.layers }],
      ...{ data: data.name, seeds: [seed], epochs, batchSize: batch, optimizer, validation },
      ...(trainImages === undefined ? {} : { trainImages }),
      gradients: 'exact',
      compareBy: 'nothing',
    };
    const [{ parameters }] = checkStudy(study, data) as [NetworkSummary];
    if (modelFile !== undefined) await checkWritable(modelFile, 4 * parameters + recordBytes);
    const { notation: _, threads: __, out: ___, onSaveError, hash, ...asked } = input;
    const line = commandLine('train', [input.notation], asked);
    const folder =
      modelFile === undefined ? await createRunFolder(out, { command: 'train', input, line }, context) : undefined;

    const engine = engines[input.engine];
    const [plain] = trialsOf(study, study.architectures[0]!) as [Trial];
    const trial: Trial = { ...plain, keepBest, ...(patience === undefined ? {} : { patience }) };
    const { trained, score } = await resumable(context, folder, async () => {
      await folder?.checkSpace(study, data);
      const trialResult = await withProgress(context, (progress) =>
        runJob({ kind: 'train', trial }, dataSets, {
          engine,
          threads,
          hashEpochs: hash,
          onProgress: epochReporter(progress, epochs),
          signal: context.signal,
          ...(folder ? { checkpoint: checkpointsIn(folder, onSaveError, context) } : {}),
        }),
      );
      const { trained } = trialResult;
      if (modelFile !== undefined) await saveModel(trained, modelFile);
      const score = await runJob({ kind: 'score', candidate: { trained, data: data.name } }, dataSets, {
        engine,
        threads,
      });
      if (folder) {
        const findings: Findings = { trials: [[trialResult]], scores: [[score]], comparison: null };
        const recorded = await recordWithCloseUp(study, data, findings);
        const predictions = predictionsOf(recorded.record.title, study, data, findings);
        await keepRun(folder, 'train', [{ ...recorded, predictions }]);
      }
      return { trained, score };
    });
    const { errorRate, loss: testLoss, confusionMatrix } = score;
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
        engine: trained.engine,
        history: trained.history,
        bestEpoch: trained.bestEpoch ?? null,
        testErrorRate: errorRate,
        testLoss,
        confusionMatrix,
        seconds: trained.seconds,
        weightsSha256: trained.weightsSha256,
        out: modelFile ?? folder!.path,
      },
      text: (colors) =>
        [
          `${study.title}, ${printOptimizer(optimizer)}, batches of ${batch}, seed ${seed}`,
          `${data.name}: ${formatCount(images, 'training image')}, ${formatCount(data.test.count, 'test image')}`,
          '',
          historyTable(trained.history, { colors }),
          ...(trained.bestEpoch === undefined ? [] : [`kept: the weights after epoch ${trained.bestEpoch}`]),
          '',
          `${colors.bold(`test error ${percent(errorRate)}`)}, loss ${loss(testLoss)}; trained in ${seconds(trained.seconds)}`,
          '',
          confusionTable(confusionMatrix, data.classes, { colors }),
          '',
          `weights SHA-256 ${trained.weightsSha256}`,
          folder ? `The report: ${folder.path}/report.html` : `saved to ${modelFile}`,
        ].join('\n'),
    };
  },
});

/** Makes each epoch a task; a bar says how the last one ended. */
function epochReporter(progress: Progress, epochs: number): (event: TrainingProgress) => void {
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
    bestEpoch: zod.int().min(1).nullable().describe('whose weights they are, where the best were kept'),
    testErrorRate: rateSchema(zod),
    testLoss: zod.number(),
    confusionMatrix: confusionMatrixSchema(zod),
    seconds: zod.number(),
    weightsSha256: sha256Schema(zod),
    out: zod.string().describe('the folder that the run is kept in, or the file of the model alone'),
  });
}
