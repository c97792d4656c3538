/** @file `ocellus resume`: goes on with a run that was stopped, or whose process or machine died, to the same results. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { arithmeticOf } from '../engine/engine.ts';
import { DataError, UsageError } from '../errors.ts';
import { type Body, type Command, defineCommand, type Zod } from './command.ts';
import { type Option, type TrainingEngine, threadsOption, trainingEngineOption } from './options.ts';
import { openRunFolder, resumedIn, tidyFinished } from './run-folder.ts';
import { inputOf, planName, type RunPlanRecord, readPlan } from './run-plan.ts';
import { summarizeFinished } from './run-summary.ts';

const sameEngine: Option<TrainingEngine | undefined> = {
  ...trainingEngineOption,
  description: `${trainingEngineOption.description}; as before by default`,
  default: undefined,
};

/** @param commands those that keep their runs */
export const resumeCommand = (commands: readonly Command[]): Command =>
  defineCommand({
    name: 'resume',
    summary: 'go on with a run that was stopped, to the same results',
    group: 'Train and compare',
    examples: ['resume runs/2026-01-31T12-00-00-train', 'resume runs/2026-01-31T12-00-00-train --threads 4'],
    arguments: { run: { description: 'the folder of a run that has not finished', files: true } },
    options: { threads: threadsOption, engine: sameEngine },
    output: (zod: Zod) =>
      zod.strictObject({
        resumed: zod.enum(commands.map(({ name }) => name)),
        result: zod.record(zod.string(), zod.unknown()).describe('what that command prints: see its own schema'),
      }),
    async run({ run: path, threads, engine }, context) {
      // Of one whose record is damaged nothing is known, and nothing is removed.
      await summarizeFinished(path);
      await tidyFinished(path);
      const plan = await readPlan(path);
      const command = commands.find(({ name }) => name === plan.command);
      if (!command) {
        throw new DataError(
          `The run ${path} was made by ${plan.command}, which this release does not resume. Start it anew.`,
        );
      }
      const asked = inputOf(plan, command, join(path, planName));
      if (engine !== undefined) refuseOtherPrecision(path, asked, engine);
      // From here on a signal stops the run in order.
      context.signal.throwIfAborted();
      const folder = await openRunFolder(path, plan, context);
      try {
        // It may have come to its end while this process waited for it.
        await readPlan(path);
        await enter(plan, path);
        folder.event('resumed', { threads: threads ?? null, engine: engine ?? null });
        const changes = { ...(threads === undefined ? {} : { threads }), ...(engine === undefined ? {} : { engine }) };
        const input = { ...asked, ...changes };
        const { exitCode = 0, body, text } = await command.run(input, resumedIn({ folder, plan }, context));
        return { exitCode, body: { resumed: command.name, result: body }, text };
      } finally {
        await folder.close();
      }
    },
  });

/** @throws UsageError if the run would not end in the bits that it would have: those of fast math are the engine's own */
function refuseOtherPrecision(path: string, { engine, fastMath }: Body, now: TrainingEngine): void {
  const before = engine as TrainingEngine;
  const [from, to] = [arithmeticOf(before), arithmeticOf(now)];
  if (fastMath ? before === now : from === to) return;
  const problem = fastMath
    ? `computes with --fast-math (${before}), whose bits ${now} does not give`
    : `computes in ${from} (${before}), but ${now} in ${to}`;
  throw new UsageError(`The run ${path} ${problem}: it would end otherwise. Leave --engine out.`);
}

/** Goes where the paths that the run was given start. @throws DataError */
async function enter({ cwd }: RunPlanRecord, path: string): Promise<void> {
  if (resolve(cwd) === process.cwd()) return;
  const isThere = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) {
    throw new DataError(
      `The run ${path} was started in ${cwd}, which is gone. Make it again, with the data, or start anew.`,
    );
  }
  process.chdir(cwd);
}
