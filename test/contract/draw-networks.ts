/**
 * @file `npx tsx test/contract/draw-networks.ts`: draws the twenty networks of `random-networks.ts` and hashes them, as
 * rows to paste there. They are written down because a new kind of layer would change what is drawn.
 */
import { wasmEngine } from '../../src/engine/wasm/index.ts';
import { printNotation } from '../../src/model/notation.ts';
import { adagrad, adam, sgd } from '../../src/optimizers/index.ts';
import { printOptimizer } from '../../src/optimizers/notation.ts';
import { randomStream } from '../../src/random.ts';
import { randomNetwork } from '../random-network.ts';
import { hashOf, randomCase } from './cases.ts';

for (let seed = 1; seed <= 20; seed++) {
  const random = randomStream(seed, 'contract');
  const { model, network } = randomNetwork(random);
  const batchSize = 9 + random.integer(60);
  const ragged = 9 + random.integer(batchSize - 8);
  const row = {
    notation: printNotation(model.layers),
    input: network.input,
    classes: network.classes,
    optimizer: printOptimizer([sgd({ momentum: 0.9 }), adagrad(), adam()][seed % 3]!),
    batchSize,
    ragged,
  };
  const sha256 = await hashOf(randomCase({ ...row, sha256: '' }, seed), wasmEngine);
  process.stdout.write(`  ${JSON.stringify({ ...row, sha256 })},\n`);
}
