/**
 * @file maxPool with another tie rule: a window's whole gradient goes to the first of its equal maxima, row by row.
 *
 * The golden trajectories with true gradients record inner gradients by this rule. It leads to the same gradients of
 * parameters as sharing does, since inputs with equal neighbourhoods make the equal maxima.
 */
import type { LayerRule } from './layer.ts';

/** The rule with its gradient given to first maxima; other kinds come back unchanged. For windows side by side. */
export function firstMaximum(kind: string, rule: LayerRule): LayerRule {
  if (kind !== 'maxPool') return rule;
  const poolSize = rule.axes!.i!;
  const backward: string[] = [];
  let none = '1';
  for (let i = 0; i < poolSize; i++) {
    for (let j = 0; j < poolSize; j++) {
      const first = `first${i}${j}`;
      backward.push(
        `${first}[y,x,c] = (input[s*y+${i}, s*x+${j}, c] == output[y,x,c]) * (${none})`,
        `inputGrad[s*y+${i}, s*x+${j}, c] = outputGrad[y,x,c] * ${first}[y,x,c]`,
      );
      none += ` - ${first}[y,x,c]`;
    }
  }
  return { ...rule, backward };
}
