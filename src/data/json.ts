/**
 * @file JSON from files, without what `JSON.parse` lets through: it keeps the last of several equal keys without a word,
 * and takes a nesting that would overflow the stack of whoever walks or prints the value later.
 */

/** No document of ours, and no header of a safetensors file, is nested half as deep. */
const MOST_NESTED = 32;

/**
 * The value of a JSON text.
 *
 * @param fail the error for a problem, such as `is not JSON`
 */
export function parseJson(json: string | Uint8Array, fail: (problem: string, cause?: unknown) => Error): unknown {
  let text: string;
  try {
    text = typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch (cause) {
    throw fail('is not UTF-8', cause);
  }
  const keys = countKeys(text);
  if (keys === undefined) throw fail(`is nested more than ${MOST_NESTED} deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail('is not JSON', cause);
  }
  // Parsing keeps one of several equal keys. Only then it pays to look for which.
  const duplicate = keysWithin(value) === keys ? undefined : firstDuplicateKey(text);
  if (duplicate !== undefined) throw fail(`has the key ${quoted(duplicate)} twice`);
  return value;
}

/** A text from a file, fit for a message: no control characters, and not too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/** Where the text of a string ends that starts with the quote at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json.charCodeAt(at) !== quote) at += json.charCodeAt(at) === backslash ? 2 : 1;
  return at + 1;
}

/** Whether the string that ends before `at` is a key. */
function isKey(json: string, at: number): boolean {
  while (' \t\n\r'.includes(json[at] ?? '.')) at++;
  return json.charCodeAt(at) === colon;
}

/**
 * How many keys the objects of a text have, equal ones counted each; undefined if it is nested too deep. Builds nothing;
 * the text need not be JSON.
 */
function countKeys(json: string): number | undefined {
  let [depth, keys] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    const sign = json[at];
    if (sign === '"') {
      at = endOfString(json, at) - 1;
      if (isKey(json, at + 1)) keys++;
    } else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
    if (depth > MOST_NESTED) return undefined;
  }
  return keys;
}

/** How many keys a value and all within it have. */
function keysWithin(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) for (const item of value) keys += keysWithin(item);
  // Object.keys would make a list for each object.
  else for (const key in value) keys += 1 + keysWithin((value as Record<string, unknown>)[key]);
  return keys;
}

/**
 * A key that one object of a text has twice, or undefined.
 *
 * @param json a text that `JSON.parse` accepts
 */
export function firstDuplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  let at = 0;
  while (at < json.length) {
    const start = at++;
    if (json[start] === '{') open.push(new Set());
    if (json[start] === '}') open.pop();
    if (json[start] !== '"') continue;
    at = endOfString(json, start);
    if (!isKey(json, at)) continue;
    const key: string = JSON.parse(json.slice(start, at));
    const keys = open.at(-1)!;
    if (keys.has(key)) return key;
    keys.add(key);
  }
  return undefined;
}
