/**
 * @file The parser of formulas.
 *
 *   formula    = name "[" indices "]" "=" comparison
 *   comparison = sum [ ("==" | ">" | ">=" | "<" | "<=") sum ]
 *   sum        = product { ("+" | "-") product }
 *   product    = factor { ("*" | "/") factor }
 *   factor     = "-" factor | number | "(" comparison ")" | name [ "[" indices "]" ]
 *              | ("sum" | "max") "(" axes ")" product          a reduction takes in the product that follows
 *              | function "(" comparison { "," comparison } ")"
 *
 * A name without brackets is a constant if it is declared as one, else a tensor of no axes. An index is an integer
 * combination of axes, numbers and integer constants.
 */
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';
import {
  type Affine,
  addIndices,
  axisIndex,
  constantIndex,
  named,
  quantity,
  scaleIndex,
  subtractIndices,
} from './affine.ts';
import { apply, type Expression, numberNode, type Read, read, reduce } from './expression.ts';
import { type FunctionName, functionOf, functions } from './functions.ts';

/** Far more than any rule has, and little enough for whatever differentiates it. */
const mostCharacters = 1000;
const mostNested = 32;

interface Token {
  readonly text: string;
  readonly kind: 'name' | 'number' | 'sign' | 'end';
  readonly at: number;
}

/** A formula as written: its ranges are not known yet. */
export interface ParsedFormula {
  readonly text: string;
  readonly target: Read;
  readonly expression: Expression;
  /** Where in the text each read starts. */
  readonly positions: ReadonlyMap<Read, number>;
}

/** A UsageError that shows the formula and a caret under the place. */
export function formulaError(text: string, at: number, message: string): UsageError {
  return new UsageError(`${message}\n  ${text}\n  ${' '.repeat(at)}^`);
}

/**
 * Reads one formula.
 * @param constants values of the names that stand for numbers
 * @throws UsageError with the text and a caret
 */
export function parseFormula(text: string, constants: Readonly<Record<string, number>> = {}): ParsedFormula {
  if (text.length > mostCharacters) {
    const [most, given] = [formatCount(mostCharacters, 'character'), formatCount(text.length)];
    throw new UsageError(`A formula needs at most ${most}, but has ${given}. Give parts of it names of their own.`);
  }
  const tokens = tokenize(text);
  const positions = new Map<Read, number>();
  let place = 0;
  let depth = 0;
  const peek = (): Token => tokens[place]!;
  const fail = (message: string, at = peek().at): never => {
    throw formulaError(text, at, message);
  };
  const shown = ({ kind, text: word }: Token): string => (kind === 'end' ? 'the end' : `"${word}"`);
  const accept = (sign: string): boolean => {
    if (peek().kind !== 'sign' || peek().text !== sign) return false;
    place++;
    return true;
  };
  const expect = (sign: string): void => {
    if (!accept(sign)) fail(`A formula needs "${sign}" here, but has ${shown(peek())}.`);
  };
  /** What stands in brackets or behind a sign, as a part of what is being read. */
  const nested = <T>(parse: () => T): T => {
    if (++depth > mostNested) fail(`A formula can be nested ${mostNested} deep. Give parts of it names of their own.`);
    const part = parse();
    depth--;
    return part;
  };
  const name = (what: string): Token => {
    const token = peek();
    if (token.kind !== 'name') fail(`A formula needs ${what} here, but has ${shown(token)}.`);
    place++;
    return token;
  };

  function indexFactor(): Affine {
    if (accept('-')) return scaleIndex(nested(indexFactor), quantity(-1));
    if (accept('(')) {
      const inner = nested(indexSum);
      expect(')');
      return inner;
    }
    const token = peek();
    if (token.kind === 'number') {
      if (!Number.isInteger(Number(token.text))) fail(`An index needs whole numbers, but has ${token.text}.`);
      place++;
      return constantIndex(Number(token.text));
    }
    const { text: word, at } = name('an axis or a whole number');
    const value = constants[word];
    if (value === undefined) return axisIndex(word);
    if (!Number.isInteger(value)) fail(`An index needs whole numbers, but ${word} is ${value}.`, at);
    return constantIndex(named(word, value));
  }

  function indexProduct(): Affine {
    let product = indexFactor();
    for (let { at } = peek(); accept('*'); at = peek().at) {
      const factor = indexFactor();
      const [scalar, other] = product.terms.length === 0 ? [product, factor] : [factor, product];
      if (scalar.terms.length > 0) fail('An index must be affine: an axis times an axis is not.', at);
      product = scaleIndex(other, scalar.constant);
    }
    return product;
  }

  function indexSum(): Affine {
    let sum = indexProduct();
    for (;;) {
      if (accept('+')) sum = addIndices(sum, indexProduct());
      else if (accept('-')) sum = subtractIndices(sum, indexProduct());
      else return sum;
    }
  }

  function indices(): Affine[] {
    if (accept(']')) return [];
    const list = [indexSum()];
    while (accept(',')) list.push(indexSum());
    expect(']');
    return list;
  }

  function readOf(token: Token, index: Affine[]): Read {
    const node = read(token.text, index);
    positions.set(node, token.at);
    return node;
  }

  /** `sum(i,j) …` and `max(i,j) …`; a `max` of values, `max(a, b)`, has nothing behind its bracket to reduce. */
  function reduction(by: 'sum' | 'max'): Expression | undefined {
    const start = place;
    expect('(');
    const axes: string[] = [];
    do {
      const token = peek();
      if (token.kind !== 'name' || constants[token.text] !== undefined) break;
      axes.push(token.text);
      place++;
    } while (accept(','));
    const isReduction = accept(')') && (peek().kind === 'name' || peek().kind === 'number' || peek().text === '(');
    if (isReduction) return reduce(by, axes, nested(product));
    if (by === 'sum') fail('sum needs its axes in brackets and then a product: sum(i,j) a[i] * b[j].');
    place = start;
    return undefined;
  }

  function factor(): Expression {
    if (accept('-')) return apply('negate', nested(factor));
    if (accept('(')) {
      const inner = nested(comparison);
      expect(')');
      return inner;
    }
    if (peek().kind === 'number') {
      const { text: digits } = tokens[place++]!;
      return numberNode(Number(digits), digits);
    }
    const token = name('a value');
    const { text: word, at } = token;
    if (peek().text === '(') {
      const reduced = word === 'sum' || word === 'max' ? reduction(word) : undefined;
      if (reduced) return reduced;
      const form = functionOf(word);
      if (!form) fail(`A formula has no function "${word}"; it has sum, ${Object.keys(functions).join(', ')}.`, at);
      expect('(');
      const operands = [nested(comparison)];
      while (accept(',')) operands.push(nested(comparison));
      expect(')');
      if (operands.length !== form!.operands) {
        fail(`${word} needs ${form!.operands} value${form!.operands > 1 ? 's' : ''}, but gets ${operands.length}.`, at);
      }
      return apply(word as FunctionName, ...operands);
    }
    if (accept('[')) return readOf(token, indices());
    const value = constants[word];
    return value === undefined ? readOf(token, []) : numberNode(value, word);
  }

  function product(): Expression {
    let left = factor();
    for (;;) {
      if (accept('*')) left = apply('multiply', left, factor());
      else if (accept('/')) left = apply('divide', left, factor());
      else return left;
    }
  }

  function sum(): Expression {
    let left = product();
    for (;;) {
      if (accept('+')) left = apply('add', left, product());
      else if (accept('-')) left = apply('subtract', left, product());
      else return left;
    }
  }

  function comparison(): Expression {
    const left = sum();
    if (accept('==')) return apply('equal', left, sum());
    if (accept('>=')) return apply('greaterEqual', left, sum());
    if (accept('>')) return apply('greater', left, sum());
    if (accept('<=')) return apply('greaterEqual', sum(), left);
    if (accept('<')) return apply('greater', sum(), left);
    return left;
  }

  const targetName = name('the name of a tensor');
  const target = readOf(targetName, accept('[') ? indices() : []);
  expect('=');
  const expression = comparison();
  if (peek().kind !== 'end') fail(`A formula ends here, but has ${shown(peek())}.`);
  return { text, target, expression, positions };
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:([A-Za-z_]\w*)|(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(==|>=|<=|[-+*/()[\],=<>]))/iy;
  const end = text.trimEnd().length;
  let at = 0;
  while (at < end) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    while (/\s/.test(text[at]!)) at++;
    if (!match) throw formulaError(text, at, `A formula cannot contain "${text[at]}".`);
    const [, word, digits, sign] = match;
    // Records of axes and constants have these already.
    const isTaken = word === '__proto__' || (word !== undefined && word in {});
    if (isTaken && text[pattern.lastIndex] !== '(')
      throw formulaError(text, at, `A formula cannot use the name "${word}".`);
    tokens.push({ kind: word ? 'name' : digits ? 'number' : 'sign', text: (word ?? digits ?? sign)!, at });
    at = pattern.lastIndex;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}
