// Computes error rates, matrices and 95 % intervals of a run again, from its predictions.json alone, and compares them
// with its run.json. It shares no code with the program. Usage: node recompute.mjs FOLDER
import { readFileSync } from 'node:fs';

const read = (name) => JSON.parse(readFileSync(`${process.argv[2]}/${name}`, 'utf8'));
const student = [, 12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157];
const mean = (list) => list.reduce((sum, each) => sum + each, 0) / list.length;
const spread = (list, centre = mean(list)) => mean(list.map((each) => (each - centre) ** 2));
const wrong = (labels, guesses) => labels.map((label, at) => Number(label !== guesses[at]));
const clip = (low, high) => ({ low: Math.max(0, low), high: Math.min(1, high) });
function wilson(p, n, z = 1.959964) {
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z / n / 2) ** 2)) / (1 + z ** 2 / n);
  return clip((p + z ** 2 / n / 2) / (1 + z ** 2 / n) - half, (p + z ** 2 / n / 2) / (1 + z ** 2 / n) + half);
}
// Seeds and images drawn with replacement: the variance that infinitely many draws have, widened for few seeds.
function twoLevel(table, nested) {
  const [s, n] = [table.length, table[0].length];
  const [means, images] = [table.map(mean), table[0].map((_, at) => mean(table.map((row) => row[at])))];
  const inside = mean(table.map((row) => spread(row)));
  const crossed = ((1 - 1 / n) * spread(means)) / s + ((1 - 1 / s) * spread(images)) / n + spread(table.flat()) / (s * n);
  const half = student[s - 1] * Math.sqrt(((nested ? (spread(means) + inside / n) / s : crossed) * s) / (s - 1));
  return spread(table.flat()) === 0 || s === 1 ? wilson(means[0], n) : clip(mean(means) - half, mean(means) + half);
}
let [numbers, worst] = [0, 0];
function check(ours, theirs) {
  if (typeof ours === 'object') return void Object.keys(ours).forEach((key) => void check(ours[key], theirs[key]));
  [numbers, worst] = [numbers + 1, Math.max(worst, Math.abs(ours - theirs))];
}
for (const [place, { testLabels, validation, architectures }] of read('predictions.json').studies.entries()) {
  for (const [index, { runs }] of architectures.entries()) {
    const record = read('run.json').studies[place].architectures[index];
    const test = runs.map((run) => wrong(testLabels, run.test));
    check({ mean: mean(test.map(mean)), interval: twoLevel(test, false) }, record.test);
    const held = validation.map(({ labels }, at) => wrong(labels, runs[at].validation));
    if (held.length > 0) check({ mean: mean(held.map(mean)), interval: twoLevel(held, true) }, record.validation);
    for (const [at, run] of runs.entries()) {
      const matrix = record.confusionMatrix.map((row) => row.map(() => 0));
      testLabels.forEach((label, image) => void matrix[label][run.test[image]]++);
      const ours = { testErrorRate: mean(test[at]), testInterval: wilson(mean(test[at]), testLabels.length) };
      check({ ...ours, confusionMatrix: matrix }, record.runs[at]);
    }
  }
}
process.stdout.write(`${numbers} numbers, largest difference ${worst.toExponential(1)}\n`);
process.exitCode = numbers > 0 && worst < 1e-6 ? 0 : 1;
