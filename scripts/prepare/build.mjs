/** @file Compiles `src` to `dist`, when the sources are not those that `dist` was made from. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedError, run } from './run.mjs';

const stampPath = (root) => join(root, 'dist', '.stamp');

/** Whether `dist` was made from the sources as they are now. */
export function buildIsCurrent(root) {
  return existsSync(stampPath(root)) && readFileSync(stampPath(root), 'utf8') === sourceHash(root);
}

/** SHA-256 over the names and contents of all that decides what `dist` holds; tests do not. */
export function sourceHash(root) {
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  const settings = readdirSync(root)
    .filter((name) => name === 'package.json' || /^tsconfig.*\.json$/.test(name))
    .map((name) => join(root, name));
  const hash = createHash('sha256');
  for (const path of [...sources, ...settings].sort()) {
    const content = readFileSync(path);
    hash.update(`${path.slice(root.length)}\n${content.length}\n`).update(content);
  }
  return `${hash.digest('hex')}\n`;
}

/** Compiles into a new folder and puts it in the place of `dist` only when all went well. */
export async function build(root) {
  console.error('building…');
  const modules = join(root, 'node_modules');
  for (const name of readdirSync(modules)) {
    // Left by a process that was killed; the caller holds the lock, so nobody is using them.
    if (/^\.ocellus-(new|old)-/.test(name)) rmSync(join(modules, name), { recursive: true, force: true });
  }
  const made = join(modules, `.ocellus-new-${process.pid}`);
  const old = join(modules, `.ocellus-old-${process.pid}`);
  const dist = join(root, 'dist');

  // Taken before compiling: what is edited meanwhile is compiled the next time.
  const stamp = sourceHash(root);
  const compiler = join(modules, 'typescript', 'bin', 'tsc');
  const code = await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', made], { cwd: root });
  if (code !== 0) {
    rmSync(made, { recursive: true, force: true });
    throw expectedError('The build failed: the compiler’s messages stand above. dist is as it was.');
  }
  await writeSchemas(root, made);
  writeFileSync(join(made, '.stamp'), stamp);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(made, dist);
  rmSync(old, { recursive: true, force: true });
}

/** The JSON Schemas of the command line, which the program as built can tell. */
async function writeSchemas(root, made) {
  const program = join(made, 'cli', 'write-schemas.js');
  if (!existsSync(program)) return;
  // Under node_modules, Node does not look for the project's own package.json.
  const type = join(made, 'package.json');
  writeFileSync(type, '{ "type": "module" }');
  const code = await run(process.execPath, [program, join(made, 'schemas')], { cwd: root });
  rmSync(type);
  if (code === 0) return;
  rmSync(made, { recursive: true, force: true });
  throw expectedError('The build failed: the schemas could not be written. dist is as it was.');
}
