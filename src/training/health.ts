/** @file What to say when a step's loss, weights or optimiser state are not finite: where it began, and in which batch. */
import type { Engine, Program } from '../engine/engine.ts';
import { EngineError } from '../errors.ts';
import type { Graph } from '../model/graph.ts';

/** A batch within a training run. */
export interface Batch {
  readonly epoch: number;
  /** Images of the epoch before it. */
  readonly from: number;
  /** The indices of its images in the data set. */
  readonly images: ArrayLike<number>;
  readonly batchSize: number;
  readonly learningRate: number;
}

/**
 * Looks for the beginning, in the order in which numbers flow: the batch's images; where the loss is not finite, weights
 * (which are still those before the step) and layers' outputs; else gradients and what the optimiser made of them, from the
 * last layer back.
 */
export async function describeBreak(
  program: Program,
  graph: Graph,
  engine: Engine,
  batch: Batch,
): Promise<EngineError> {
  const { epoch, from, images, batchSize, learningRate } = batch;
  const where = `in epoch ${epoch}, step ${from / batchSize + 1} (images ${from + 1} to ${from + images.length})`;
  const lower = `Lower the learning rate (it is ${learningRate}).`;
  for (let example = 0; example < images.length; example++) {
    const bad = notFinite(program.read(graph.image, example));
    if (bad.count === 0) continue;
    return new EngineError(
      `Training image ${images[example]} needs finite pixels, but has ${bad.text} ${where}. Mend it, or leave it out.`,
    );
  }
  const losses = Array.from({ length: images.length }, (_, example) => program.read(graph.loss, example)[0]!);
  const example = losses.findIndex((loss) => !Number.isFinite(loss));
  const suspects = example >= 0 ? graph.parameters.map(({ name }) => name) : [...program.broken()].reverse();
  for (const parameter of suspects) {
    const weights = notFinite(program.read(parameter));
    if (weights.count > 0)
      return new EngineError(`${parameter} needs finite weights, but has ${weights.text} ${where}. ${lower}`);
    const { state = [] } = graph.updates.find(({ health }) => health?.parameter === parameter) ?? {};
    for (const { name } of example >= 0 ? [] : state) {
      const bad = notFinite(program.read(name));
      if (bad.count === 0) continue;
      return new EngineError(`${parameter} needs finite gradients, but ${name} has ${bad.text} ${where}. ${lower}`);
    }
  }
  if (example < 0) {
    return new EngineError(
      `${suspects[0]} needs weights that can be summed, but they are too large ${where}. ${lower}`,
    );
  }
  const first = await firstOutput(program, graph, engine, example);
  const because = first === undefined ? '' : `: ${first} is the first that is not`;
  return new EngineError(`The loss needs to be finite, but is ${losses[example]} ${where}${because}. ${lower}`);
}

function notFinite(values: ArrayLike<number>): { count: number; text: string } {
  let count = 0;
  for (let place = 0; place < values.length; place++) if (!Number.isFinite(values[place])) count++;
  return { count, text: `${count} of ${values.length} that ${count === 1 ? 'is' : 'are'} NaN or infinite` };
}

/** The first layer's output that is not finite, for one example, with all of them kept. */
async function firstOutput(
  program: Program,
  graph: Graph,
  engine: Engine,
  example: number,
): Promise<string | undefined> {
  const keep = graph.forward.map(({ target }) => target.tensor).filter((tensor) => /^[^.]+\.output$/.test(tensor));
  const looker = await engine.create(graph, { batchSize: 1, purpose: 'predict', keep });
  try {
    for (const { name } of graph.parameters) looker.write(name, program.read(name));
    for (const tensor of [graph.image, graph.target]) looker.write(tensor, program.read(tensor, example));
    looker.forward(1);
    return keep.find((tensor) => notFinite(looker.read(tensor)).count > 0);
  } finally {
    looker.close();
  }
}
