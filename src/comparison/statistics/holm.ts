/**
 * @file Holm's adjustment of p-values that are looked at together.
 *
 * Of m in ascending order the i-th becomes max over j ≤ i of min(1, (m − j + 1) p_j): refusing what is then at or below
 * a level keeps the chance of any false refusal at or below that level, however the tests depend on each other.
 * S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979) 65.
 */

/** The adjusted p-values, in the order given. */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, index] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  }
  return adjusted;
}
