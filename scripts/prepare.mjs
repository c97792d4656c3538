/**
 * @file Makes a checkout ready to run: checks Node, installs the dependencies, compiles `src` to `dist`. Each step only
 * when it is needed; when nothing is, this takes a tenth of a second and prints nothing. Messages go to stderr.
 *
 *     node scripts/prepare.mjs             what every npm script that needs it calls first
 *     node scripts/prepare.mjs --install   the dependencies alone
 *     node scripts/prepare.mjs --rebuild   compiles even when `dist` is current
 *
 * The npm scripts call it with `&&`: `.npmrc` says `ignore-scripts`, and npm then runs no `pre…` scripts either.
 * It is plain JavaScript without dependencies, because it runs before there are any, and on any Node.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProblem } from './prepare/node-version.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

async function prepare(options) {
  // Loaded only now, so that an old Node gets the message below and not a syntax error.
  const { install, installIsCurrent } = await import('./prepare/install.mjs');
  const { build, buildIsCurrent } = await import('./prepare/build.mjs');

  const wantsBuild = !options.includes('--install');
  const mustBuild = options.includes('--rebuild');
  const isReady = () => installIsCurrent(root) && (!wantsBuild || (!mustBuild && buildIsCurrent(root)));
  if (isReady()) return;

  const { withLock } = await import('./prepare/lock.mjs');
  await withLock(join(root, '.prepare-lock'), async () => {
    // Asked again: another process may have done the work while this one waited.
    if (!installIsCurrent(root)) await install(root);
    if (wantsBuild && (mustBuild || !buildIsCurrent(root))) await build(root);
  });
}

const problem = nodeProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exitCode = 1;
} else {
  prepare(process.argv.slice(2)).catch((error) => {
    console.error(error.exitCode ? error.message : error);
    process.exitCode = error.exitCode ?? 1;
  });
}
