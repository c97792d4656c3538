/**
 * @file What a JSON or YAML file of a user holds: a configuration, or a study.
 *
 * YAML is read without tags, anchors and aliases, by which a short file could stand for a long one, or for one that holds
 * itself; and its words are counted before they become a document, since the parser walks that on the stack.
 */
import { CST, Lexer, Parser, parse as parseYaml } from 'yaml';
import { parseJson } from '../data/json.ts';
import { readWholeFile } from '../data/node/read-file.ts';
import { UsageError } from '../errors.ts';
import { formatCount } from '../format-number.ts';

/** @throws DataError for a file that cannot be read; UsageError for what is neither JSON nor YAML */
export async function readStructured(file: string): Promise<unknown> {
  return parseStructured(await readWholeFile(file), file);
}

/** More than anybody writes by hand; JSON may have more words. */
const mostBytes = 200_000;
const mostWords = 5000;
const mostNested = 32;

/** @param file its name, for messages. @throws UsageError */
export function parseStructured(bytes: Uint8Array, file: string): unknown {
  if (bytes.length > mostBytes) {
    const [most, given] = [formatCount(mostBytes, 'byte'), formatCount(bytes.length)];
    throw new UsageError(`${file} needs at most ${most}, but has ${given}. ${remedy}`);
  }
  const text = new TextDecoder().decode(bytes);
  const wrong = jsonProblem(text);
  if (wrong === undefined) return parseJson(text, (problem) => new UsageError(`${file} ${problem}. ${remedy}`));
  // YAML takes some texts that are none, and otherwise speaks of YAML.
  if (/\.json$/i.test(file)) throw new UsageError(`${file} is not JSON: ${wrong}. ${remedy}`);
  requireSimple(text, file);
  try {
    return parseYaml(text, { logLevel: 'error' });
  } catch (cause) {
    throw notYaml(file, (cause as Error).message);
  }
}

const remedy = 'Give a configuration or a study.';

/** In JSON's own words; undefined if it is JSON. */
function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    // It quotes from the text, line breaks and all.
    return (error as Error).message.replace(/[\s\p{Cc}]+/gu, ' ');
  }
}

/** @throws UsageError for YAML that takes long, or more than a document of ours needs */
function requireSimple(text: string, file: string): void {
  const parser = new Parser();
  let words = 0;
  for (const word of new Lexer().lex(text)) {
    if (++words > mostWords) {
      throw new UsageError(`${file} has more than ${formatCount(mostWords)} words and signs. Write it as JSON.`);
    }
    const kind = CST.tokenType(word);
    if (kind === 'tag' || kind === 'anchor' || kind === 'alias') {
      throw new UsageError(`${file} has the ${kind} ${word}, which is not read. Write the value out.`);
    }
    for (const token of parser.next(word)) if (token.type === 'error') throw notYaml(file, token.message);
    // A map and its key, or a list and its item, are two.
    if (parser.stack.length > 2 * mostNested) {
      throw new UsageError(`${file} is nested more than ${mostNested} deep. ${remedy}`);
    }
  }
}

function notYaml(file: string, message: string): UsageError {
  const [problem] = message.split('\n');
  return new UsageError(`${file} is neither JSON nor YAML: ${problem!.replace(/:$/, '.')}`);
}
