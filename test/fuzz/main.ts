/**
 * @file `npm run test:fuzz -- --runs 1000000`: any number of inputs for each reader of foreign bytes.
 *
 *     --runs COUNT     for each format; 100,000 by default
 *     --format NAMES   only these, with commas between
 *     --seed NUMBER    0 by default, as in `npm test`
 *     --first NUMBER   of the first input: --first 123 --runs 1 runs one again
 */
import { parseArgs } from 'node:util';
import { formatCount } from '../../src/format-number.ts';
import { formats } from './formats.ts';
import { fuzz } from './fuzz.ts';
import { tallyText } from './tally-text.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    format: { type: 'string' },
    seed: { type: 'string', default: '0' },
    first: { type: 'string', default: '0' },
  },
});
const wanted = values.format?.split(',') ?? formats.map(({ name }) => name);
const unknown = wanted.find((name) => !formats.some((format) => format.name === name));
if (unknown !== undefined)
  throw new Error(`There is no format "${unknown}"; there are ${formats.map(({ name }) => name).join(', ')}.`);
const [runs, seed, first] = [values.runs, values.seed, values.first].map(Number) as [number, number, number];

const report = (name: string, done: number): void => {
  if (done % 100_000 === 0 && done < runs) console.error(`${name}: ${formatCount(done)} of ${formatCount(runs)}`);
};

for (const format of formats.filter(({ name }) => wanted.includes(name))) {
  const started = performance.now();
  try {
    const tally = await fuzz(format, { runs, seed, first, onProgress: (done) => report(format.name, done) });
    console.log(`${tallyText(format.name, tally)}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  } catch (error) {
    console.log((error as Error).message, (error as Error).cause);
    process.exitCode = 1;
  }
}
