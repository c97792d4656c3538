/**
 * @file Derives backward formulas from forward formulas (reverse mode). Every result is again a gather in the same
 * language: the adjoint of each formula is carried down its expression as a product of factors, and each read it ends
 * in is solved for the element read (`solve.ts`). Where no rule reaches, derivation is refused with the reason.
 *
 * Names: the gradient of `kernel` is `kernelGrad`; `outputGradPart` is an adjoint that is stored because several
 * places read it; `ties` counts equal maxima, which share their gradient evenly.
 */
import { UsageError } from '../errors.ts';
import type { Shape } from '../shape.ts';
import { intervalOf, type Ranges } from './affine.ts';
import { choiceOf } from './choice.ts';
import {
  type Apply,
  apply,
  axesOf,
  containsReduce,
  type Expression,
  type Formula,
  freeAxes,
  type Read,
  type Reduce,
  read,
  readsOf,
  reduce,
} from './expression.ts';
import { functionOf } from './functions.ts';
import { gather, onlyUsed, sameLeft } from './gather.ts';
import { partialDerivative } from './partial.ts';
import { printFormula, printRead } from './print.ts';
import {
  axesOfProduct,
  divide,
  expressionOf,
  factorsOf,
  multiply,
  negated,
  type Product,
  productOf,
  substituteProduct,
} from './product.ts';
import { readWhole } from './resolve.ts';
import { type Piece, Refusal, type Scatter, solve, Unsafe, wholeAxes } from './solve.ts';

export interface Derivable {
  readonly forward: readonly Formula[];
  /** Shapes of every tensor in `forward`. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** The tensors whose gradients are wanted: inputs and parameters. */
  readonly wanted: readonly string[];
  /** Temporaries through which no gradient flows, because their part in it is known to vanish. */
  readonly stopGradient?: readonly string[];
}

export interface Derived {
  readonly formulas: Formula[];
  /** Shapes of all tensors, gradients and new temporaries included. */
  readonly shapes: Map<string, Shape>;
}

export const gradientName = (tensor: string): string => `${tensor}Grad`;

/**
 * Backward formulas in an order in which they can run. They read `outputGrad` and anything of the forward pass.
 * @throws UsageError where no rule reaches, with the formula and the reason
 */
export function deriveGradients({ forward, shapes: known, wanted, stopGradient = [] }: Derivable): Derived {
  const shapes = new Map(known);
  const formulas: Formula[] = [];
  const pieces = new Map<string, Piece[][]>();
  const active = activeTensors(forward, wanted, stopGradient);
  shapes.set(gradientName('output'), shapes.get('output')!);

  /** Stores a product as a tensor over its own axes, in the order given, and returns the read of it. */
  function store(name: string, product: Product, order: Iterable<string>, ranges: Ranges): Read {
    const used = axesOfProduct(product);
    const axes = [...new Set([...order, ...used])].filter((axis) => used.has(axis));
    let fresh = name;
    for (let count = 2; shapes.has(fresh); count++) fresh = `${name}${count}`;
    shapes.set(
      fresh,
      axes.map((axis) => ranges[axis]!),
    );
    const target = readWhole(fresh, axes);
    const expression = product.sign < 0 ? apply('negate', expressionOf(product)) : expressionOf(product);
    formulas.push({ target, expression, ranges: onlyUsed(target, [expression], ranges) });
    return target;
  }

  for (const formula of [...forward].reverse()) {
    const { tensor } = formula.target;
    if (!active.has(tensor)) continue;
    const adjoint = tensor === 'output' ? productOf(gradientRead(formula.target)) : adjointOf(formula.target);
    if (adjoint) descend(formula, adjoint);
  }
  for (const tensor of wanted) emit(tensor);
  return { formulas, shapes };

  /** The adjoint of a temporary: a product where one term over whole axes says it all, else a stored gradient. */
  function adjointOf(target: Read): Product | undefined {
    const contributions = pieces.get(target.tensor);
    if (!contributions) return undefined;
    const [piece, ...others] = contributions.flat();
    const isOneTerm = piece !== undefined && others.length === 0 && piece.sums.length === 0;
    const axes = isOneTerm ? wholeAxes(piece, shapes.get(target.tensor)!) : undefined;
    if (piece && axes) {
      return substituteProduct(piece.product, new Map(axes.map((axis, place) => [axis, target.index[place]!])));
    }
    emit(target.tensor);
    return productOf(gradientRead(target));
  }

  /** The formulas of a tensor's gradient from all that its readers owe it. */
  function emit(tensor: string): void {
    const contributions = pieces.get(tensor) ?? [];
    const shape = shapes.get(tensor)!;
    const name = gradientName(tensor);
    if (contributions.length === 0)
      throw new UsageError(`The output does not depend on ${tensor}: it has no gradient.`);
    shapes.set(name, shape);
    const first = contributions[0]!;
    const mergeable = contributions.every(([piece, another]) => !another && piece && sameLeft(piece, first[0]!));
    if (contributions.length === 1 || mergeable) {
      const groups =
        contributions.length === 1 ? first.map((piece) => [piece]) : [contributions.map(([piece]) => piece!)];
      for (const group of groups) formulas.push(gather(name, group));
      return;
    }
    const axes = shape.map((_, axis) => `n${axis}`);
    const parts = contributions.map((contribution, place) => {
      const part = `${name}Part${place + 1}`;
      shapes.set(part, shape);
      for (const piece of contribution) formulas.push(gather(part, [piece]));
      return readWhole(part, axes);
    });
    const ranges = Object.fromEntries(axes.map((axis, place) => [axis, shape[place]!]));
    formulas.push({
      target: readWhole(name, axes),
      expression: parts.reduce<Expression>((sum, part) => apply('add', sum, part), parts.shift()!),
      ranges,
    });
  }

  function descend(formula: Formula, adjoint: Product): void {
    const { target, expression, ranges } = formula;
    const outputAxes = axesOf(target.index);
    visit(expression, adjoint, []);

    function flows(node: Expression): boolean {
      return readsOf(node).some(({ tensor }) => active.has(tensor));
    }

    function visit(node: Expression, owed: Product, bound: readonly string[]): void {
      if (!flows(node)) return;
      if (node.kind === 'read') leaf(node, owed, bound);
      else if (node.kind === 'reduce') reduction(node, owed, bound);
      else if (node.kind === 'apply') operation(node, owed, bound);
    }

    /** The adjoint as one read, so that the sums below stay sums of products of reads. */
    function single(owed: Product): Product {
      if (owed.numerator.length === 1 && owed.denominator.length === 0 && owed.numerator[0]!.kind === 'read')
        return owed;
      const name = owed === adjoint && target.tensor !== 'output' ? '' : 'Part';
      return productOf(store(gradientName(target.tensor) + name, owed, outputAxes, ranges));
    }

    function reduction(node: Reduce, owed: Product, bound: readonly string[]): void {
      const inside = [...bound, ...node.axes];
      if (node.by === 'sum') {
        visit(node.body, single(owed), inside);
        return;
      }
      const greatest = node === expression ? target : keep('Maximum', node);
      const mask = apply('equal', node.body, greatest);
      const isMaximum = containsReduce(node.body) ? keep('IsMaximum', mask) : mask;
      const tieName = target.tensor === 'output' ? 'ties' : `${target.tensor}Ties`;
      const ties = store(tieName, productOf(reduce('sum', node.axes, isMaximum)), outputAxes, ranges);
      const share = store(`${gradientName(target.tensor)}Part`, divide(owed, productOf(ties)), outputAxes, ranges);
      visit(node.body, productOf(share, isMaximum), inside);
    }

    function operation(node: Apply, owed: Product, bound: readonly string[]): void {
      const { operation: kind, operands } = node;
      const [a, b] = operands as readonly [Expression, Expression];
      const whole = node === expression;
      switch (kind) {
        case 'add':
          visit(a, owed, bound);
          visit(b, owed, bound);
          return;
        case 'subtract':
          visit(a, owed, bound);
          visit(b, negated(owed), bound);
          return;
        case 'negate':
          visit(a, negated(owed), bound);
          return;
        case 'multiply':
          // The adjoint takes the place of the factor that it descends into, as an author would write it.
          if (flows(a)) visit(a, multiply(owed, factor(b)), bound);
          if (flows(b)) visit(b, multiply(factor(a), owed), bound);
          return;
        case 'divide':
          visit(a, divide(owed, factor(b)), bound);
          if (flows(b)) visit(b, negated(divide(divide(multiply(owed, factor(a)), factor(b)), factor(b))), bound);
          return;
        case 'max':
        case 'min': {
          const [ofA, ofB] = choiceOf(kind, [a, b], whole ? target : undefined, comparable);
          visit(a, multiply(owed, productOf(ofA)), bound);
          visit(b, multiply(owed, productOf(ofB)), bound);
          return;
        }
        default:
          // Comparisons are flat.
          functionOf(kind)?.derivatives?.forEach((text, place) => {
            const operand = operands[place]!;
            if (!flows(operand)) return;
            const derivative = partialDerivative(text, {
              a: () => stored('Factor', a),
              b: () => stored('Factor', b),
              value: () => (whole ? target : stored('Value', node)),
            });
            visit(operand, multiply(owed, factorsOf(derivative)), bound);
          });
      }
    }

    /** The factors of an expression; a sum among them is stored first, not summed again inside other sums. */
    function factor(node: Expression): Product {
      return factorsOf(stored('Factor', node));
    }

    function stored(label: string, node: Expression): Expression {
      return containsReduce(node) ? keep(label, node) : node;
    }

    function keep(label: string, value: Expression): Read {
      return store(target.tensor + label, productOf(value), outputAxes, ranges);
    }

    /** A value to compare with: stored where it reads outside and is 0, as a comparison with outside would be false. */
    function comparable(node: Expression): Expression {
      const isOutside = readsOf(node).some(({ tensor, index }) =>
        index.some((place, axis) => {
          const { low, high } = intervalOf(place, ranges);
          return low < 0 || high >= shapes.get(tensor)![axis]!;
        }),
      );
      return isOutside || containsReduce(node) ? keep('Operand', node) : node;
    }

    function leaf(node: Read, owed: Product, reductionAxes: readonly string[]): void {
      if (!active.has(node.tensor)) return;
      const scatter = {
        index: node.index,
        shape: shapes.get(node.tensor)!,
        ranges,
        outputAxes,
        reductionAxes,
        shapeOf: (tensor: string): Shape => shapes.get(tensor)!,
      };
      try {
        const solved = solveSafely({ ...scatter, product: owed });
        pieces.set(node.tensor, [...(pieces.get(node.tensor) ?? []), solved]);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw new UsageError(
          `The gradient of ${node.tensor} cannot be derived: in ${printRead(node)}, ${error.message}. ` +
            `State it in \`backward\`, or split the formula.\n  ${printFormula(formula)}`,
        );
      }
    }

    /** Factors that would be evaluated outside their tensors are stored together with the adjoint, then read. */
    function solveSafely(scatter: Scatter): Piece[] {
      try {
        return solve(scatter);
      } catch (error) {
        if (!(error instanceof Unsafe)) throw error;
        const { product } = scatter;
        const axes = new Set(error.factors.flatMap((part) => [...freeAxes(part)]));
        const kept = product.numerator.filter(
          (part) => part.kind === 'read' && [...freeAxes(part)].every((axis) => !outputAxes.has(axis)),
        );
        if ([...axes].some((axis) => !outputAxes.has(axis)))
          throw new Refusal('a factor of it reaches outside its tensors');
        const stored = { ...product, numerator: product.numerator.filter((part) => !kept.includes(part)) };
        if ([...axesOfProduct(stored)].some((axis) => !outputAxes.has(axis))) {
          throw new Refusal('a factor of it reaches outside its tensors');
        }
        const part = store(`${gradientName(target.tensor)}Part`, stored, outputAxes, ranges);
        return solve({ ...scatter, product: productOf(part, ...kept) });
      }
    }
  }
}

function gradientRead({ tensor, index }: Read): Read {
  return read(gradientName(tensor), index);
}

/** Tensors that the wanted ones flow into, and the wanted ones. */
function activeTensors(
  forward: readonly Formula[],
  wanted: readonly string[],
  stopGradient: readonly string[],
): Set<string> {
  const active = new Set(wanted);
  for (const { target, expression } of forward) {
    const flows = readsOf(expression).some(({ tensor }) => active.has(tensor));
    if (flows && !stopGradient.includes(target.tensor)) active.add(target.tensor);
  }
  return active;
}
