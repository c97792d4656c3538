/** @file What tests of the native engine need: a compiler, a CPU with vectors so wide, and a cache of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { nativeMachine } from '../src/engine/native/node/index.ts';

/** Programs are compiled into it, and it is removed when the file's tests have run. */
export const ownCache = mkdtempSync(join(tmpdir(), 'ocellus-native-'));
process.env.OCELLUS_CACHE = ownCache;
afterAll(() => rmSync(ownCache, { recursive: true, force: true }));

const machine = await nativeMachine();

/** Left out on somebody's own machine that lacks them, never where everything has to be tested. */
export const lacksCompiler = 'problem' in machine && !process.env.CI;

const lanesOfCpu = 'problem' in machine ? 0 : machine.lanes;

/** Widths of vectors; what this CPU lacks is the only thing that CI, too, leaves out. */
export const widths = ([4, 8, 16] as const).map((lanes) => ({
  lanes,
  lacking: lanesOfCpu < lanes,
  needs: lanes === 4 ? 'needs a C compiler' : `needs CPU: ${lanes === 8 ? 'AVX2' : 'AVX-512'}`,
}));
