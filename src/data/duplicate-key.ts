/** @file Finds what `JSON.parse` hides: it keeps the last of several equal keys without a word. */

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
    while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    at++;
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
