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
  if (isNestedDeeper(text, MOST_NESTED)) throw fail(`is nested more than ${MOST_NESTED} deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw fail('is not JSON', cause);
  }
  const duplicate = firstDuplicateKey(text);
  if (duplicate !== undefined) throw fail(`has the key ${quoted(duplicate)} twice`);
  return value;
}

/** A text from a file, fit for a message: no control characters, and not too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** Where the text of a string ends that starts with the quote at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Before anything is built; the text need not be JSON. */
function isNestedDeeper(json: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const sign = json[at];
    if (sign === '"') at = endOfString(json, at) - 1;
    else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
    if (depth > most) return true;
  }
  return false;
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
    let next = at;
    while (' \t\n\r'.includes(json[next] ?? '.')) next++;
    if (json[next] !== ':') continue;
    const key: string = JSON.parse(json.slice(start, at));
    const keys = open.at(-1)!;
    if (keys.has(key)) return key;
    keys.add(key);
  }
  return undefined;
}
