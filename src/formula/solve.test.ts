import { describe, expect, test } from 'vitest';
import type { Shape } from '../shape.ts';
import { axesOf, type Read } from './expression.ts';
import { printFormula } from './print.ts';
import { expressionOf, productOf } from './product.ts';
import { resolveFormulas } from './resolve.ts';
import { type Piece, Refusal, solve, Unsafe, wholeAxes } from './solve.ts';

/** What the read of `input` in a sum of a product owes its elements: the other factor times outputGrad. */
function piecesOf(text: string, shapes: Record<string, Shape>, axes: Record<string, number> = {}): Piece[] {
  const all = new Map(Object.entries({ ...shapes, outputGrad: shapes.output! }));
  const { formulas } = resolveFormulas([text], { shapes: all, axes, constants: { s: 2, p: 1 } });
  const { target, expression, ranges } = formulas[0]!;
  const outputAxes = axesOf(target.index);
  const node = expression.kind === 'reduce' ? expression.body : expression;
  const [input, ...others] = node.kind === 'apply' ? node.operands : [node];
  return solve({
    index: (input as Read).index,
    shape: shapes.input!,
    product: productOf({ ...target, tensor: 'outputGrad' }, ...others),
    ranges,
    outputAxes,
    reductionAxes: expression.kind === 'reduce' ? expression.axes : [],
    shapeOf: (tensor) => all.get(tensor)!,
  });
}

const solved = (...given: Parameters<typeof piecesOf>): string[] =>
  piecesOf(...given).map(({ index, product, sums }) =>
    printFormula({ target: { kind: 'read', tensor: 'inputGrad', index }, expression: expressionOf(product, sums) }),
  );

describe('solve', () => {
  test('(a) an axis alone keeps its name on the left', () => {
    expect(solved('output[o] = sum(k) input[k] * w[k,o]', { input: [4], w: [4, 3], output: [3] })).toEqual([
      'inputGrad[k] = sum(o) outputGrad[o] * w[k,o]',
    ]);
  });

  test('(b) an output axis with coefficient 1 or -1 is solved for', () => {
    const shapes = { input: [6], w: [3], output: [6] };
    expect(solved('output[y] = sum(i) input[y+i-p] * w[i]', shapes)).toEqual([
      'inputGrad[y] = sum(i) outputGrad[y-i+p] * w[i]',
    ]);
    expect(solved('output[y] = sum(i) input[5-y+i] * w[i]', shapes)).toEqual([
      'inputGrad[y] = sum(i) outputGrad[-y+i+5] * w[i]',
    ]);
  });

  test('(c) where each element is read once and inside, the index stands on the left', () => {
    const shapes = { input: [7], output: [3] };
    expect(solved('output[y] = sum(i) input[s*y+i]', shapes, { i: 2 })).toEqual(['inputGrad[s*y+i] = outputGrad[y]']);
  });

  test('(d) a stride gives one formula for each residue', () => {
    const shapes = { input: [7], w: [3], output: [3] };
    expect(solved('output[y] = sum(i) input[s*y+i] * w[i]', shapes)).toEqual([
      'inputGrad[s*y] = sum(i) outputGrad[y-i] * w[2*i]',
      'inputGrad[s*y+1] = outputGrad[y] * w[1]',
    ]);
    expect(piecesOf('output[y] = sum(i) input[s*y+i] * w[i]', shapes).map(({ ranges }) => ranges)).toEqual([
      { y: 4, i: 2 },
      { y: 3, i: 1 },
    ]);
  });

  test('(d) a dilation that shares a factor with the stride skips residues', () => {
    expect(solved('output[y] = sum(i) input[4*y+2*i] * w[i]', { input: [15], w: [3], output: [3] })).toEqual([
      'inputGrad[4*y] = sum(i) outputGrad[y-i] * w[2*i]',
      'inputGrad[4*y+2] = outputGrad[y] * w[1]',
    ]);
  });

  test('(e) where some reads lie outside, so do some writes', () => {
    expect(solved('output[] = sum(i) input[3*i-1]', { input: [7], output: [] }, { i: 4 })).toEqual([
      'inputGrad[3*i-1] = outputGrad[]',
    ]);
  });

  test('an axis that nothing depends on repeats its term', () => {
    const shapes = { input: [3], w: [4], output: [] };
    expect(solved('output[] = sum(k,i) input[k]', shapes, { i: 4 })).toEqual(['inputGrad[k] = outputGrad[] * 4']);
  });

  test('an output axis is not solved for unless a factor is 0 outside its range', () => {
    // Only outputGrad[2*y] guards y, and not at y alone.
    const shapes = { input: [6], output: [8], w: [3] };
    expect(() => piecesOf('output[2*y] = sum(i) input[y+i] * w[i]', shapes, { y: 4 })).toThrow(Refusal);
  });

  test('a sum of reduction axes that meets elements twice is refused', () => {
    const shapes = { input: [6], output: [], w: [2] };
    const refused = () => piecesOf('output[] = sum(i,j) input[i+j]', shapes, { i: 3, j: 3 });
    expect(refused).toThrow('index i+j cannot be solved for one of its axes');
  });

  test('a factor that might not be finite outside is reported, to be stored first', () => {
    const scatter = () => piecesOf('output[y] = input[y+1] * exp(w[y])', { input: [4], w: [3], output: [3] });
    expect(scatter).toThrow(Unsafe);
  });
});

test('wholeAxes names the axes of a left side that covers its tensor', () => {
  const [piece] = piecesOf('output[y,x] = input[x,y] * w[]', { input: [4, 3], w: [], output: [3, 4] });
  expect(wholeAxes(piece!, [4, 3])).toEqual(['x', 'y']);
  expect(wholeAxes(piece!, [4, 5])).toBeUndefined();
});
