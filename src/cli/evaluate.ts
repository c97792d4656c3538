/** @file `ocellus evaluate`: scores a saved model on images. */

import { readWholeFile } from '../data/node/read-file.ts';
import { arithmeticOf } from '../engine/engine.ts';
import { engines } from '../engine/native/node/engines.ts';
import { DataError } from '../errors.ts';
import { load } from '../export/model-file.ts';
import { formatCount } from '../format-number.ts';
import { printNotation, readableNotation } from '../model/notation.ts';
import { hashText } from '../report/hash.ts';
import { evaluate as evaluateModel } from '../training/evaluate.ts';
import { defineCommand, type Zod } from './command.ts';
import { dataOption, describeData, resolveData } from './data-option.ts';
import { confusionTable, loss, percent } from './format.ts';
import { choice, engineOption } from './options.ts';
import {
  arithmeticSchema,
  confusionMatrixSchema,
  dataSchema,
  modelSchema,
  rateSchema,
  sha256Schema,
} from './schema-parts.ts';

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'score a saved model',
  group: 'Train and compare',
  examples: ['evaluate model.safetensors', 'evaluate model.safetensors --data ./my-images --part train'],
  arguments: { model: { description: 'a file that train --out wrote', files: true } },
  options: {
    data: dataOption,
    part: choice('which images', 'test', 'train'),
    engine: engineOption,
  },
  output: (zod: Zod) =>
    zod.strictObject({
      notation: zod.string(),
      model: modelSchema(zod),
      data: dataSchema(zod),
      part: zod.enum(['test', 'train']),
      engine: zod.string(),
      count: zod.int().min(1),
      errorRate: rateSchema(zod),
      loss: zod.number(),
      confusionMatrix: confusionMatrixSchema(zod),
      weightsSha256: sha256Schema(zod),
      arithmetic: arithmeticSchema(zod),
    }),
  async run({ model: path, data: named, part, engine }, context) {
    const loadData = await resolveData(named, context);
    const trained = await load(await readWholeFile(path), path);
    const data = await loadData();
    const { classNames } = trained;
    if (classNames.length !== data.classes.length) {
      throw new DataError(
        `${path} knows ${formatCount(classNames.length, 'class')}, but ${data.name} has ${formatCount(data.classes.length)}. ` +
          'Give the data that it was trained on, or data with the same classes.',
      );
    }
    if (classNames.some((name, k) => name !== data.classes[k])) {
      context.warn(`the classes of ${data.name} have other names (${data.classes.join(', ')}) than those of ${path}.`);
    }
    const scored = await evaluateModel(trained, data[part], { engine: engines[engine] });
    const { count, errorRate, loss: meanLoss, confusionMatrix } = scored;
    const { weightsSha256, model } = trained;
    const arithmetic = arithmeticOf(trained.engine);
    return {
      body: {
        notation: printNotation(model.layers),
        model,
        data: describeData(data),
        part,
        engine,
        count,
        errorRate,
        loss: meanLoss,
        confusionMatrix,
        weightsSha256,
        arithmetic,
      },
      text: (colors) =>
        [
          `${readableNotation(printNotation(model.layers))} on ${formatCount(count, `${part} image`)} of ${data.name}`,
          `${colors.bold(`error ${percent(errorRate)}`)}, loss ${loss(meanLoss)}`,
          '',
          confusionTable(confusionMatrix, data.classes, { colors }),
          '',
          `weights SHA-256 ${hashText({ weightsSha256, arithmetic })}`,
        ].join('\n'),
    };
  },
});
