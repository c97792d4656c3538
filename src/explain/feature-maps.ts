/** @file What the layers make of an image: their outputs, channel by channel. */
import type { Example, FeatureMapRecord } from '../comparison/record.ts';
import type { Images } from '../data/data-set.ts';
import type { Engine } from '../engine/engine.ts';
import type { Network } from '../model/cnn.ts';
import { buildGraph } from '../model/graph.ts';
import type { Shape } from '../shape.ts';
import { Feed } from '../training/feed.ts';
import type { Trained } from '../training/trained.ts';
import { layerLabel } from './layer-label.ts';
import { grey, type Pictures, rangeOf, sheet, type Tile } from './picture.ts';

const mostChannels = 16;
/** Of vectors: an element is one pixel. */
const mostElements = 64;

/** Sends each example through the network and pictures what comes out of every layer. */
export async function featureMapsOf(
  { preprocessing, weights }: Trained,
  network: Network,
  images: Images,
  examples: readonly Example[],
  engine: Engine,
): Promise<{ records: FeatureMapRecord[]; pictures: Pictures }> {
  const graph = buildGraph(network.nodes, network.input);
  const outputs = network.nodes.map(({ name }) => `${name}.output`);
  const program = await engine.create(graph, { batchSize: 1, purpose: 'predict', keep: outputs });
  for (const { name, values } of weights) program.write(name, values);
  const feed = new Feed(program, graph, images, preprocessing, network.classes);
  const tiles = examples.map(({ image }) => {
    feed.load(0, image);
    program.forward(1);
    return outputs.map((tensor) => channelTiles(program.read(tensor, 0), graph.tensors.get(tensor)!.shape));
  });

  const pictures: Record<string, Uint8Array> = {};
  const records = network.nodes.map(({ rule: { output } }, node): FeatureMapRecord => {
    const place = node + 1;
    const [low, high] = rangeOf(tiles.flatMap((layers) => layers[node]!.map(({ values }) => values)));
    const isVector = output.length < 3;
    for (const [at, { truth }] of examples.entries()) {
      const own = tiles[at]![node]!;
      const columns = isVector ? 16 : own.length <= 4 ? own.length : Math.min(8, Math.ceil(own.length / 2));
      pictures[`maps-${place}-${truth}`] = sheet(own, columns, grey(low, high), { gap: isVector ? 0 : 1 });
    }
    return {
      place,
      layer: layerLabel(network, node),
      shape: output,
      channels: output.at(-1)!,
      shownChannels: Math.min(output.at(-1)!, isVector ? mostElements : mostChannels),
      low,
      high,
    };
  });
  return { records, pictures };
}

/** The first channels of `[height, width, channels]`, or the first elements of a vector. */
function channelTiles(values: ArrayLike<number>, shape: Shape): Tile[] {
  const channels = shape.at(-1)!;
  const [height, width, most] = shape.length < 3 ? [1, 1, mostElements] : [shape[0]!, shape[1]!, mostChannels];
  return Array.from({ length: Math.min(channels, most) }, (_, channel) => ({
    height,
    width,
    values: Float64Array.from({ length: height * width }, (_, at) => values[at * channels + channel]!),
  }));
}
