/**
 * @file Changes to JSON documents, drawn by a seed. A document is a tree that keeps what `JSON.parse` would not: equal keys,
 * numbers as they are written, strings that no encoder gives.
 */
import type { RandomStream } from '../../src/random.ts';
import { pick } from './mutate-bytes.ts';

/** Text of a value without parts, a list, or keys with their values. */
type Tree = string | Tree[] | { readonly entries: [key: string, value: Tree][] };

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return { entries: Object.entries(value).map(([key, part]) => [JSON.stringify(key), treeOf(part)]) };
}

function print(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  if (Array.isArray(tree)) return `[${tree.map(print).join(',')}]`;
  return `{${tree.entries.map(([key, value]) => `${key}:${print(value)}`).join(',')}}`;
}

const numbers = [
  ...['0', '-0', '-1', '1', '0.5', '1e-400', '1e400', '-1e400', '2147483647', '2147483648', '-2147483649'],
  ...['4294967295', '4294967296', '65535', '65536', '9007199254740991', '9007199254740992', '18446744073709551615'],
  ...['1e308', '123456789012345678901234567890'],
];
const strings = [
  ...['""', '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"__proto__"', '"constructor"', '"toString"', '"../../x"'],
  ...['"NaN"', '"\\u001b[31m"', '"conv"', '"F32"', '"𝒳"', '"2026-01-31T12:00:00.000Z"'],
];
const others = ['null', 'true', 'false', '[]', '{}', '[[]]', '{"":{}}', '{"toString":1,"valueOf":2}', 'NaN', ''];
const keys = ['"__proto__"', '"constructor"', '"toString"', '"hasOwnProperty"', '""', '"length"', '"0"', '"\\ud800"'];

function value(random: RandomStream): Tree {
  switch (random.integer(8)) {
    case 0:
      return pick(random, strings);
    case 1:
      return `"${'x'.repeat(random.integer(5000))}"`;
    case 2: {
      const depth = pick(random, [2, 10, 33, 100, 20_000]);
      const [open, close] = pick(random, [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const);
      return open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth);
    }
    case 3:
      return Array.from({ length: random.integer(40) }, () => pick(random, [...numbers, ...others]));
    case 4:
      return pick(random, others);
    default:
      return pick(random, numbers);
  }
}

/** The lists and objects of a tree. */
function groups(tree: Tree): Exclude<Tree, string>[] {
  if (typeof tree === 'string') return [];
  const parts = Array.isArray(tree) ? tree : tree.entries.map(([, part]) => part);
  return [tree, ...parts.flatMap(groups)];
}

function change(tree: Tree, random: RandomStream): Tree {
  const all = groups(tree);
  if (all.length === 0 || random.integer(40) === 0) return value(random);
  const group = pick(random, all);
  const parts = Array.isArray(group) ? group : group.entries;
  const place = random.integer(parts.length + 1);
  const replacement = (): Tree => (random.integer(4) === 0 ? structuredClone(pick(random, all)) : value(random));
  if (Array.isArray(group)) {
    const item = group[place];
    const action = random.integer(5);
    if (item === undefined || action === 0) group.splice(place, 0, replacement());
    else if (action === 1) group.splice(place, 1);
    else if (action === 2) group.push(...Array.from({ length: pick(random, [1, 10, 300]) }, () => item));
    else group[place] = replacement();
    return tree;
  }
  const entry = group.entries[place];
  const action = random.integer(7);
  if (entry === undefined || action === 0) group.entries.push([pick(random, keys), replacement()]);
  else if (action === 1) group.entries.splice(place, 1);
  else if (action === 2) group.entries.push([entry[0], random.integer(2) === 0 ? entry[1] : replacement()]);
  else if (action === 3) entry[0] = pick(random, keys);
  else entry[1] = replacement();
  return tree;
}

/** Copies of copies would ask how fast a reader is, not how it stands harm. */
const mostCharacters = 500_000;

/** A document with one change, or a few: most of them are JSON still. */
export function mutateJson(document: unknown, random: RandomStream): string {
  let tree = treeOf(document);
  do tree = change(tree, random);
  while (random.integer(3) === 0);
  const text = print(tree).slice(0, mostCharacters);
  const around = random.integer(20);
  if (around === 0) return `\ufeff${text}`;
  if (around === 1) return `${text}${pick(random, ['   \n', '\0', ',', '}', '{}', '//', '\u00a0'])}`;
  if (around === 2) return text.slice(0, random.integer(text.length + 1));
  return text;
}
