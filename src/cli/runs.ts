/** @file `ocellus runs`: which runs there are, what came of them, and to remove them. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { explained } from '../data/node/atomic-file.ts';
import { DataError, UsageError } from '../errors.ts';
import { hashText } from '../report/hash.ts';
import { type BodyOf, defineCommand, type Outcome, type Zod } from './command.ts';
import { resumeLine } from './command-line.ts';
import type { Colors } from './context.ts';
import { percent, seconds, table } from './format.ts';
import { text } from './options.ts';
import { refuseIfInUse } from './run-lock.ts';
import { type RunSummary, runsIn, summarizeRun } from './run-summary.ts';
import { arithmeticSchema, rateSchema, sha256Schema } from './schema-parts.ts';

export const runs = defineCommand({
  name: 'runs',
  group: 'Train and compare',
  summary: 'list, show, compare and remove runs',
  examples: [
    'runs list',
    'runs show runs/2026-01-31T12-00-00-train',
    'runs compare runs/a runs/b',
    'runs remove runs/a',
  ],
  arguments: {
    action: {
      description: 'what to do: list, show, compare (results side by side) or remove',
      choices: {
        list: 'which runs there are, and which can be resumed',
        show: 'what was asked, and what came of it',
        compare: 'errors side by side, and whether the weights are the same',
        remove: 'delete their folders',
      },
    },
    folders: { description: 'folders of runs; not for list', optional: true, variadic: true, files: true },
  },
  options: { in: text('folder', 'where list looks', 'runs') },
  output,
  async run({ action, folders, in: folder }, context): Promise<Outcome<BodyOf<typeof output>>> {
    if (action === 'list' && folders.length > 0) {
      throw new UsageError('ocellus runs list takes no folders of runs. Give the one that they are in with --in.');
    }
    if (action !== 'list' && folders.length === 0) {
      throw new UsageError(`ocellus runs ${action} needs folders of runs, such as "ocellus runs ${action} runs/a".`);
    }
    const paths = action === 'list' ? await runsIn(folder) : action === 'remove' ? withoutRepeats(folders) : folders;
    const found: RunSummary[] = [];
    let isWhole = true;
    for (const path of paths) {
      try {
        found.push(await summarizeRun(path));
      } catch (error) {
        // What cannot be read keeps nobody from seeing the others, or from removing it.
        if (!(error instanceof DataError) || (action !== 'list' && action !== 'remove')) throw error;
        if (action === 'list') context.warn(error.message);
        isWhole = action === 'remove';
      }
    }
    if (action === 'remove') {
      for (const path of paths) await refuseIfInUse(path);
      await removeAll(paths);
    }
    const print: (colors: Colors) => string = {
      list: (colors: Colors) => (found.length > 0 ? listTable(found, colors) : `There are no runs in ${folder}.`),
      show: (colors: Colors) => found.map((run) => showText(run, colors)).join('\n\n'),
      compare: (colors: Colors) => compareText(found, colors),
      remove: () => paths.map((path) => `removed ${path}`).join('\n'),
    }[action];
    return { exitCode: isWhole ? 0 : 4, body: { action, runs: found }, text: print };
  },
});

/** Names of the same folder are one. */
const withoutRepeats = (paths: readonly string[]): string[] =>
  paths.filter((path, place) => paths.findIndex((other) => resolve(other) === resolve(path)) === place);

/** @throws DataError that names those that are gone as well */
async function removeAll(paths: readonly string[]): Promise<void> {
  const gone: string[] = [];
  for (const path of paths) {
    try {
      await explained(path, 0, () => rm(path, { recursive: true }));
    } catch (cause) {
      if (gone.length === 0) throw cause;
      throw new DataError(`${(cause as Error).message} Removed before that: ${gone.join(', ')}.`, { cause });
    }
    gone.push(path);
  }
}

function listTable(found: readonly RunSummary[], colors: Colors): string {
  const rows = found.map(({ path, command, state, seconds: time, results }) => {
    const best = results.length > 0 ? percent(Math.min(...results.map(({ testErrorRate }) => testErrorRate))) : '';
    return [path, command, state, seconds(time), best];
  });
  return table(['run', 'command', 'state', 'time', 'lowest test error'], rows, {
    colors,
    align: ['left', 'left', 'left', 'right', 'right'],
  });
}

function showText(run: RunSummary, colors: Colors): string {
  const { path, line, state, startedAt, seconds: time, results } = run;
  const end = state === 'finished' ? `The report: ${path}/report.html` : `Go on with: ${resumeLine(path)}`;
  return [
    colors.bold(path),
    line,
    `started ${startedAt}, ${state}, ${seconds(time)}`,
    ...(results.length > 0 ? ['', compareTable([run], colors), ''] : []),
    ...(state === 'running' ? [] : [end]),
  ].join('\n');
}

/** Of those that have finished, and which have not. */
function compareText(found: readonly RunSummary[], colors: Colors): string {
  const open = found.filter(({ state }) => state !== 'finished');
  const missing = open.map(({ path, state }) =>
    state === 'running'
      ? `${path} has not finished: it is running.`
      : `${path} has not finished. Go on with: ${resumeLine(path)}`,
  );
  return [...(open.length < found.length ? [compareTable(found, colors)] : []), ...missing].join('\n');
}

function compareTable(found: readonly RunSummary[], colors: Colors): string {
  const rows = found.flatMap(({ path, results }) =>
    results.map(({ name, data, seeds, testErrorRate, weightsSha256, arithmetic }) => [
      ...[path, name, data, seeds.join(', '), percent(testErrorRate)],
      // Enough to see whether they are the same.
      weightsSha256
        .map((sha256, place) => hashText({ weightsSha256: sha256, arithmetic: arithmetic[place]! }, 8))
        .join(' '),
    ]),
  );
  return table(['run', 'network', 'data', 'seeds', 'test error', 'weights'], rows, {
    colors,
    align: ['left', 'left', 'left', 'left', 'right', 'left'],
  });
}

function output(zod: Zod) {
  const result = zod.strictObject({
    name: zod.string(),
    data: zod.string(),
    seeds: zod.array(zod.int().min(0)),
    testErrorRate: rateSchema(zod),
    weightsSha256: zod.array(sha256Schema(zod)),
    arithmetic: zod.array(arithmeticSchema(zod)),
  });
  const run = zod.strictObject({
    path: zod.string(),
    command: zod.string(),
    line: zod.string(),
    startedAt: zod.string(),
    state: zod.enum(['finished', 'running', 'stopped']),
    seconds: zod.number(),
    results: zod.array(result).describe('of what has finished'),
  });
  return zod.strictObject({ action: zod.enum(['list', 'show', 'compare', 'remove']), runs: zod.array(run) });
}
