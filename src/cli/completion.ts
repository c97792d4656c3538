/**
 * @file `ocellus completion`: what a shell must know to complete command lines. The scripts are a few lines: at each Tab
 * they ask `ocellus complete`, which answers from the commands' own records.
 */
import { type Argument, type Command, defineCommand, type Zod } from './command.ts';
import { completionScripts } from './completion-scripts.ts';
import { globalOptions, type Option, type Options, optionName } from './options.ts';

export const completionCommand = (): Command =>
  defineCommand({
    name: 'completion',
    summary: 'print a script that lets a shell complete ocellus',
    group: 'This machine',
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/ocellus',
      'completion zsh > ~/.zfunc/_ocellus',
      'completion fish > ~/.config/fish/completions/ocellus.fish',
    ],
    arguments: {
      shell: {
        description: 'which shell',
        choices: {
          bash: 'for one session: source <(ocellus completion bash)',
          zsh: 'in a folder of fpath; for one session: source <(ocellus completion zsh)',
          fish: 'for one session: ocellus completion fish | source',
        },
      },
    },
    output: (zod: Zod) => zod.strictObject({ shell: zod.string(), script: zod.string() }),
    run({ shell }) {
      const script = completionScripts[shell];
      return { body: { shell, script }, text: () => script };
    },
  });

/** What the scripts call. Its text: a word, a tab and what it means on each line, and `:files` where files fit. */
export const completeCommand = (commands: () => readonly Command[]): Command =>
  defineCommand({
    name: 'complete',
    summary: 'answer a shell’s completion script',
    arguments: {
      words: { description: 'words up to the cursor, the last one begun, after --', optional: true, variadic: true },
    },
    output: (zod: Zod) =>
      zod.strictObject({
        words: zod.array(zod.strictObject({ word: zod.string(), meaning: zod.string() })),
        files: zod.boolean(),
      }),
    run({ words }) {
      const found = complete(words, commands());
      const lines = found.words.map(({ word, meaning }) => `${word}\t${meaning}`);
      return { body: found, text: () => [...lines, ...(found.files ? [':files'] : [])].join('\n') };
    },
  });

export interface Completion {
  readonly words: readonly { readonly word: string; readonly meaning: string }[];
  /** Whether the name of a file may stand there. */
  readonly files: boolean;
}

/** @param words what stands behind the program's name up to the cursor; the last is begun, or empty */
export function complete(words: readonly string[], commands: readonly Command[]): Completion {
  const listed = commands.filter(({ group }) => group !== undefined);
  const before = words.slice(0, -1).map(unquoted);
  const last = unquoted(words.at(-1) ?? '');
  let command: Command | undefined;
  let isHelp = false;
  let place = 0;
  let open: Option<unknown> | undefined;
  for (const word of before) {
    // Bash takes --option=value for three words.
    if (open && word === '=') continue;
    const options: Options = { ...globalOptions, ...command?.options };
    if (open) open = undefined;
    else if (word.startsWith('-')) open = openOption(word, options);
    else if (command || isHelp) place++;
    else if (word === 'help') isHelp = true;
    else command = listed.find(({ name }) => name === word);
  }
  if (open) return ofOption(open, last === '=' ? '' : last);
  const options: Options = { ...globalOptions, ...command?.options };
  const [name, value] = splitOnce(last, '=');
  const assigned = last.startsWith('--') && value !== undefined ? openOption(name, options) : undefined;
  if (assigned) return prefixed(`${name}=`, ofOption(assigned, value!));
  if (last.startsWith('-')) return { words: starting(last, optionWords(options)), files: false };
  if (command) return ofArgument(argumentAt(command, place), last, options);
  const names = listed.map(({ name: word, summary }) => ({ word, meaning: summary }));
  const help = { word: 'help', meaning: 'print help for a command' };
  return { words: place > 0 ? [] : starting(last, isHelp ? names : [...names, help]), files: false };
}

/** The option that still needs a value after this word. */
function openOption(word: string, options: Options): Option<unknown> | undefined {
  const found = Object.entries(options).find(
    ([key, { short }]) => optionName(key) === word || (short !== undefined && `-${short}` === word),
  );
  return found?.[1].value === undefined ? undefined : found[1];
}

function optionWords(options: Options): Completion['words'] {
  const words = Object.entries(options).map(([key, { default: standard, value, description }]) => {
    const isOffSwitch = value === undefined && standard === true;
    return { word: isOffSwitch ? optionName(key).replace('--', '--no-') : optionName(key), meaning: description };
  });
  return [...words, { word: '--help', meaning: 'print help' }];
}

function ofOption({ value = '', choices, words }: Option<unknown>, typed: string): Completion {
  const known = choices ?? words?.(typed) ?? [];
  return { words: starting(typed, known.map(plain)), files: /\b(file|folder)\b/.test(value) };
}

function argumentAt(command: Command, place: number): Argument | undefined {
  const all = Object.values(command.arguments);
  const last = all.at(-1);
  return all[place] ?? (typeof last === 'object' && last.variadic ? last : undefined);
}

function ofArgument(argument: Argument | undefined, typed: string, options: Options): Completion {
  if (argument === undefined) return { words: typed === '' ? optionWords(options) : [], files: false };
  if (typeof argument === 'string') return { words: [], files: false };
  const { choices, words, files = false } = argument;
  const known = choices
    ? Object.entries(choices).map(([word, meaning]) => ({ word, meaning }))
    : (words?.(typed) ?? []).map(plain);
  return { words: starting(typed, known), files };
}

const plain = (word: string) => ({ word, meaning: '' });

const starting = (typed: string, words: Completion['words']) => words.filter(({ word }) => word.startsWith(typed));

const prefixed = (prefix: string, { words, files }: Completion): Completion => ({
  words: words.map(({ word, meaning }) => ({ word: prefix + word, meaning })),
  files,
});

/** A shell may hand over a word with its quotes, the last of which is not yet typed. */
const unquoted = (word: string): string => word.replace(/^(["'])(.*?)\1?$/s, '$2');

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
