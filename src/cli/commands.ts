/** @file The one list of commands, in the order of the help. A new command is a file beside this one and a line here. */
import type { Command } from './command.ts';
import { compare } from './compare.ts';
import { completeCommand, completionCommand } from './completion.ts';
import { data } from './data.ts';
import { describe } from './describe.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { golden } from './golden.ts';
import { gradcheck } from './gradcheck.ts';
import { notebook } from './notebook.ts';
import { resumeCommand } from './resume.ts';
import { runs } from './runs.ts';
import { schemaCommand } from './schema.ts';
import { train } from './train.ts';

const all = (): readonly Command[] => commands;

export const commands: readonly Command[] = [
  notebook,
  compare,
  train,
  resumeCommand([train, compare, notebook]),
  runs,
  evaluate,
  describe,
  gradcheck,
  golden,
  schemaCommand(all),
  data,
  doctor,
  completionCommand(),
  completeCommand(all),
];
