/**
 * @file Odd formulas drawn at random: each has gradients that differences confirm, or is refused with a message.
 *
 * Their indices have coefficients from -3 to 3, so that reads overlap, skip, run backwards and fall outside.
 */
import { expect, test } from 'vitest';
import { runRule } from '../../test/check-layer.ts';
import { UsageError } from '../errors.ts';
import type { LayerRule } from '../layers/layer.ts';
import { type RandomStream, randomStream } from '../random.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { checkRuleGradients, gradientErrorLimit } from '../training/gradient-check.ts';

interface Drawn {
  readonly rule: LayerRule;
  readonly input: Shape;
}

function writer(random: RandomStream) {
  const { integer } = random;
  const pick = <T>(values: readonly T[]): T => values[integer(values.length)]!;
  const chance = (one: number) => integer(one) === 0;
  const shapeOf = (rank: number, most: number): Shape => Array.from({ length: rank }, () => 1 + integer(most));

  const output = shapeOf(integer(3), 4);
  const left = output.map((_, place) => `y${place}`);
  const axes: Record<string, number> = Object.fromEntries(left.map((axis, place) => [axis, output[place]!]));
  const shapes: Record<string, Shape> = { input: shapeOf(1 + integer(2), 7), w: shapeOf(1 + integer(2), 4) };

  /** A plain axis, or a shifted sum of up to three. */
  const index = (known: readonly string[]): string => {
    if (known.length === 0 || chance(10)) return String(integer(4));
    if (chance(5)) return pick(known);
    const coefficient = () => pick(chance(3) ? [-3, -2, -1, 2, 3] : [1, 1, 1, 2]);
    const terms = Array.from({ length: 1 + integer(3) }, () => `${coefficient()}*${pick(known)}`);
    return [...terms, integer(5) - 2].join('+').replaceAll('+-', '-');
  };
  const readOf = (tensor: string, known: readonly string[]) =>
    `${tensor}[${shapes[tensor]!.map(() => index(known)).join(', ')}]`;
  const reduction = (): string[] => {
    const count = integer(4);
    return Array.from({ length: count }, (_, place) => {
      const axis = `i${place}`;
      axes[axis] ??= 1 + integer(3);
      return axis;
    });
  };
  return { pick, chance, left, axes, shapes, output, readOf, reduction, integer };
}

/** Sums of products of two reads, with coefficients. */
function randomSum(random: RandomStream): Drawn {
  const { pick, chance, left, axes, shapes, output, readOf, reduction } = writer(random);
  const term = (tensors: readonly string[]): string => {
    const sums = reduction();
    const known = [...left, ...sums];
    const factors = tensors.map((tensor) => readOf(tensor, known));
    if (chance(3)) factors.unshift(pick(['2', '0.5', '3']));
    return `(${sums.length > 0 ? `sum(${sums.join(',')}) ` : ''}${factors.join(' * ')})`;
  };
  const terms = [term(['input', 'w'])];
  if (chance(3)) terms.push(term([pick(['input', 'w'])]));
  const text = `output[${left.join(',')}] = ${terms.join(pick([' + ', ' - ']))}`;
  return { rule: { output, axes, parameters: { w: shapes.w! }, forward: [text] }, input: shapes.input! };
}

/** Maxima of windows and of pairs, alone and inside other formulas, with a temporary between. */
function randomMaximum(random: RandomStream): Drawn {
  const { pick, chance, left, axes, shapes, output, readOf, reduction } = writer(random);
  const windows = reduction();
  const known = [...left, ...windows];
  const body = pick([
    readOf('input', known),
    `(${readOf('input', known)} + ${readOf('w', known)})`,
    `${readOf('input', known)} * ${readOf('w', known)}`,
  ]);
  const window = windows.length > 0 ? `(max(${windows.join(',')}) ${body})` : body;
  const pair = `${pick(['max', 'min'])}(${readOf('input', left)}, ${pick([readOf('w', left), readOf('input', left), '0'])})`;
  const value = pick([window, pair, `${window} * ${readOf('w', left)}`, `${pair} - ${window}`, `2 * ${pair}`]);
  const rest = `${readOf('input', left)} * ${readOf('w', left)}`;
  const list = left.join(',');
  const forward = chance(2)
    ? [`part[${list}] = ${value}`, `output[${list}] = part[${list}] * part[${list}] + ${rest}`]
    : [`output[${list}] = ${value} + ${rest}`];
  return { rule: { output, axes, parameters: { w: shapes.w! }, forward }, input: shapes.input! };
}

/** A window that lies wholly outside has no maximum. */
function hasFiniteOutput({ rule, input }: Drawn): boolean {
  const ones = (shape: Shape) => new Float64Array(sizeOf(shape)).fill(1);
  const tensor = runRule({ ...rule, backward: [] }, { input: ones(input), w: ones(rule.parameters!.w!) }, input);
  return tensor('output').every(Number.isFinite);
}

function judge(draw: (random: RandomStream) => Drawn, count: number, purpose: string) {
  let refused = 0;
  for (let seed = 0; seed < count; seed++) {
    const drawn = draw(randomStream(seed, purpose));
    try {
      if (!hasFiniteOutput(drawn)) continue;
      for (const { tensor, error } of checkRuleGradients(drawn.rule, [drawn.input], { seed, samples: 8 })) {
        expect(error, `${tensor}, seed ${seed}: ${JSON.stringify(drawn)}`).toBeLessThanOrEqual(gradientErrorLimit);
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      expect(error.message).toContain('cannot be derived: in ');
      refused++;
    }
  }
  return refused / count;
}

test('sums of products are right or refused, and at most 40 % are refused', () => {
  const refused = judge(randomSum, 5000, 'sums');
  expect(refused).toBeLessThan(0.4);
});

test('maxima are right or refused', () => {
  const refused = judge(randomMaximum, 3000, 'maxima');
  expect(refused).toBeLessThan(0.4);
});
