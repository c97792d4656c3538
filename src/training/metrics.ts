/** @file Counts and rates of a classifier's predictions. */

/** Counts of examples; rows: the true class, columns: the prediction. */
export type ConfusionMatrix = readonly (readonly number[])[];

export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): ConfusionMatrix {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let example = 0; example < labels.length; example++) matrix[labels[example]!]![predictions[example]!]!++;
  return matrix;
}

/** The share of examples off the diagonal, from 0 to 1. */
export function errorRate(matrix: ConfusionMatrix): number {
  let right = 0;
  let all = 0;
  for (const [label, row] of matrix.entries()) {
    right += row[label]!;
    for (const count of row) all += count;
  }
  return (all - right) / all;
}
