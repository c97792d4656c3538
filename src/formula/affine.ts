/**
 * @file Affine indices, `2*y + i - p`: integer combinations of axes plus a constant.
 *
 * A coefficient or constant is a Quantity: an integer that remembers the constant names it was written with, so that a
 * derived formula prints `y-i+p` where its author wrote `y+i-p`.
 */

/** An integer: `plain` plus named constants times whole numbers. `value` is the sum. */
export interface Quantity {
  readonly value: number;
  readonly plain: number;
  readonly names: Readonly<Record<string, number>>;
}

/** One axis times its coefficient (never 0). */
export interface Term {
  readonly axis: string;
  readonly coefficient: Quantity;
}

/** A sum of terms with different axes, and a constant. */
export interface Affine {
  readonly terms: readonly Term[];
  readonly constant: Quantity;
}

/** How many values each axis takes, from 0. */
export type Ranges = Readonly<Record<string, number>>;

export function quantity(value: number): Quantity {
  return { value, plain: value, names: {} };
}

/** The named constant `name`, whose value is `value`. */
export function named(name: string, value: number): Quantity {
  return { value, plain: 0, names: { [name]: 1 } };
}

export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const names: Record<string, number> = { ...a.names };
  for (const [name, times] of Object.entries(b.names)) {
    names[name] = (names[name] ?? 0) + times;
    if (names[name] === 0) delete names[name];
  }
  return { value: a.value + b.value, plain: a.plain + b.plain, names };
}

/** The product; names survive where one factor is a plain number. */
export function multiplyQuantities(a: Quantity, b: Quantity): Quantity {
  if (Object.keys(a.names).length > 0 && Object.keys(b.names).length > 0) return quantity(a.value * b.value);
  const [plain, other] = Object.keys(a.names).length === 0 ? [a.value, b] : [b.value, a];
  if (plain === 0) return quantity(0);
  const names = Object.fromEntries(Object.entries(other.names).map(([name, times]) => [name, times * plain]));
  return { value: other.value * plain, plain: other.plain * plain, names };
}

export function constantIndex(value: number | Quantity): Affine {
  return { terms: [], constant: typeof value === 'number' ? quantity(value) : value };
}

export function axisIndex(axis: string, coefficient: number | Quantity = 1): Affine {
  const factor = typeof coefficient === 'number' ? quantity(coefficient) : coefficient;
  return { terms: [{ axis, coefficient: factor }], constant: quantity(0) };
}

export function addIndices(a: Affine, b: Affine): Affine {
  const terms = [...a.terms];
  for (const term of b.terms) {
    const place = terms.findIndex(({ axis }) => axis === term.axis);
    if (place < 0) terms.push(term);
    else terms[place] = { axis: term.axis, coefficient: addQuantities(terms[place]!.coefficient, term.coefficient) };
  }
  return {
    terms: terms.filter(({ coefficient }) => coefficient.value !== 0),
    constant: addQuantities(a.constant, b.constant),
  };
}

export function scaleIndex(a: Affine, factor: Quantity): Affine {
  if (factor.value === 0) return constantIndex(0);
  return {
    terms: a.terms.map(({ axis, coefficient }) => ({ axis, coefficient: multiplyQuantities(coefficient, factor) })),
    constant: multiplyQuantities(a.constant, factor),
  };
}

export function subtractIndices(a: Affine, b: Affine): Affine {
  return addIndices(a, scaleIndex(b, quantity(-1)));
}

/** The axis that an index consists of, alone and unscaled; else undefined. */
export function plainAxis(index: Affine): string | undefined {
  const [term] = index.terms;
  return index.terms.length === 1 && term!.coefficient.value === 1 && index.constant.value === 0
    ? term!.axis
    : undefined;
}

export function coefficientOf(index: Affine, axis: string): number {
  return index.terms.find((term) => term.axis === axis)?.coefficient.value ?? 0;
}

/** The index with some axes replaced by indices, all at once. */
export function substituteIndex(index: Affine, replacements: ReadonlyMap<string, Affine>): Affine {
  return index.terms.reduce<Affine>((sum, { axis, coefficient }) => {
    const replacement = replacements.get(axis);
    return addIndices(sum, replacement ? scaleIndex(replacement, coefficient) : axisIndex(axis, coefficient));
  }, constantIndex(index.constant));
}

/** The least and greatest value of an index while its axes run over their ranges (interval analysis). */
export function intervalOf(index: Affine, ranges: Ranges): { low: number; high: number } {
  let low = index.constant.value;
  let high = low;
  for (const { axis, coefficient } of index.terms) {
    const reach = coefficient.value * (ranges[axis]! - 1);
    if (reach > 0) high += reach;
    else low += reach;
  }
  return { low, high };
}

export function sameIndex(a: Affine, b: Affine): boolean {
  return (
    a.constant.value === b.constant.value &&
    a.terms.length === b.terms.length &&
    a.terms.every(({ axis, coefficient }) => coefficientOf(b, axis) === coefficient.value)
  );
}
