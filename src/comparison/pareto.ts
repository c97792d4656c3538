/** @file Which of several things no other one beats in everything. */

/**
 * @param costs of each thing, all to be small
 * @returns for each whether no other is at most as costly in all respects and less in one (V. Pareto, 1906)
 */
export function paretoFront(costs: readonly (readonly number[])[]): boolean[] {
  return costs.map((own) => !costs.some((other) => dominates(other, own)));
}

function dominates(one: readonly number[], other: readonly number[]): boolean {
  return one.every((cost, place) => cost <= other[place]!) && one.some((cost, place) => cost < other[place]!);
}
