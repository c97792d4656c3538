/** @file Run by the build: writes the published JSON Schemas into the folder that is its argument. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zod from 'zod';
import { commands } from './commands.ts';
import { publishedSchema, schemaNames } from './schema.ts';

const [folder] = process.argv.slice(2) as [string];
await mkdir(folder, { recursive: true });
for (const name of schemaNames(commands)) {
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(publishedSchema(zod, commands, name))}\n`);
}
