/** @file One trained network, looked at closely: where it errs, what it has learnt, what it makes of an image. */
import type { CloseUp } from '../comparison/record.ts';
import type { Images } from '../data/data-set.ts';
import type { Engine } from '../engine/engine.ts';
import { wasmEngine } from '../engine/wasm/index.ts';
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import { buildNetwork } from '../model/cnn.ts';
import { buildGraph } from '../model/graph.ts';
import { type Evaluation, requireInput } from '../training/evaluate.ts';
import type { Trained } from '../training/trained.ts';
import { featureMapsOf } from './feature-maps.ts';
import { filtersOf } from './filters.ts';
import { confusedPairs, examplesOfClasses, surestMistakes } from './mistakes.ts';
import { imagePicture, type Pictures } from './picture.ts';

const mostPairs = 10;
const mostMistakes = 24;
const mostExamples = 100;
const mostMapped = 10;

export interface CloseUpSubject {
  /** The architecture, as the study calls it. */
  readonly name: string;
  readonly seed: number;
  readonly engine?: Engine;
}

/**
 * Looks at a trained network with all test images.
 *
 * @param evaluation of all of `test`, in its order
 * @returns the record, and PNG files by the names that it gives them
 * @throws ShapeError for images that the network does not take; UsageError for an evaluation of other images
 */
export async function closeUp(
  trained: Trained,
  test: Images,
  evaluation: Evaluation,
  { name, seed, engine = wasmEngine }: CloseUpSubject,
): Promise<{ record: CloseUp; pictures: Pictures }> {
  requireInput(trained.model.input, test.shape);
  if (evaluation.count !== test.count) {
    throw new UsageError(
      `A close-up needs an evaluation of all ${formatCount(test.count, 'test image')}, but gets one of ` +
        `${formatCount(evaluation.count)}. Evaluate without indices.`,
    );
  }
  const network = buildNetwork(trained.model, { input: trained.model.input, classes: trained.model.classes });
  const mistakes = surestMistakes(test, evaluation, mostMistakes);
  const examples = examplesOfClasses(test, evaluation, mostExamples);
  const mapped = examples.slice(0, mostMapped);
  const filters = filtersOf(network, buildGraph(network.nodes, network.input), trained.weights);
  const maps = await featureMapsOf(trained, network, test, mapped, engine);
  const pictures: Record<string, Uint8Array> = { ...filters.pictures, ...maps.pictures };
  for (const [place, { image }] of mistakes.entries()) pictures[`mistake-${place}`] = imagePicture(test, image);
  for (const { image, truth } of examples) pictures[`example-${truth}`] = imagePicture(test, image);
  return {
    record: {
      name,
      seed,
      confusedPairs: confusedPairs(evaluation.confusionMatrix, mostPairs),
      errors: evaluation.predictions.filter((prediction, image) => prediction !== test.labels[image]).length,
      mistakes,
      examples,
      filters: filters.records,
      featureMaps: maps.records,
      mappedExamples: mapped.length,
    },
    pictures,
  };
}
