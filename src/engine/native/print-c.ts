/**
 * @file A compiled program as C: a function for each nest, and the functions of `wasm/module.ts` that drive them, which
 * take the memory's address first. The text depends on the program alone and is printed anywhere.
 */
import type { Nest, Statement } from '../../compiler/nest.ts';
import type { CompiledProgram } from '../../compiler/program.ts';
import { prelude } from './c-prelude.ts';
import { listPrelude } from './print-list.ts';
import { printNest } from './print-nest.ts';

/** How many functions of each kind there are: prepare0, prepare1, … */
export interface Stages {
  readonly prepare: number;
  readonly finish: number;
}

export const stagesOf = ({ prepare, finish }: CompiledProgram): Stages => ({
  prepare: prepare.length,
  finish: finish.length,
});

export function printProgram(program: CompiledProgram): string {
  const { nests, tick, prepare, finish } = program;
  return [
    prelude(widthsIn(nests)),
    listPrelude,
    pulse,
    ...nests.map((nest, place) => printNest(nest, `nest${place}`)),
    driver(
      'tick',
      '',
      tick.map((nest) => `nest${nest}(m, 0, 1, 0, 0, 1);`),
    ),
    ...prepare.map((nests, place) => stage(`prepare${place}`, nests)),
    chunk(program),
    ...finish.map((nests, place) => stage(`finish${place}`, nests)),
    '',
  ].join('\n');
}

const pulse = `
typedef int Pulse __attribute__((may_alias));
INLINE void pulse(char *m, int thread) { volatile Pulse *p = (Pulse *)(m + 4L * thread); *p = *p + 1; }
`;

const driver = (name: string, parameters: string, lines: readonly string[]): string =>
  `__attribute__((visibility("default"))) void ${name}(char *m${parameters}) {\n${lines.map((line) => `  ${line}\n`).join('')}}`;

const stage = (name: string, nests: readonly number[]): string =>
  driver(
    name,
    ', int examples, int chunks, int slice, int slices, int thread',
    nests.map((nest) => `nest${nest}(m, 0, examples, chunks, slice, slices); pulse(m, thread);`),
  );

function chunk({ segments, partials, perThreadBytes }: CompiledProgram): string {
  const lines = [
    `const long offset = thread * ${perThreadBytes}L;`,
    ...partials.map(({ address, bytes }) => `__builtin_memset(m + ${address}L + index * ${bytes}L, 0, ${bytes});`),
    ...segments.flatMap(({ level, nests }) =>
      level === 'chunk'
        ? nests.map((nest) => `nest${nest}(m, from, to - from, index, 0, offset); pulse(m, thread);`)
        : [
            'for (int example = from; example < to; example++) {',
            ...nests.map((nest) => `  nest${nest}(m, example, 1, index, example - from, offset);`),
            '  pulse(m, thread);',
            '}',
          ],
    ),
  ];
  return driver('chunk', ', int index, int from, int to, int thread', lines);
}

/** The numbers of lanes that some value has, but 1. */
function widthsIn(nests: readonly Nest[]): number[] {
  const widths = new Set<number>();
  const visit = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind === 'loop' || statement.kind === 'walk') visit(statement.body);
      else if (statement.kind === 'append') widths.add(statement.lanes);
      else if (statement.kind === 'assign') widths.add(statement.value.lanes);
      else if (statement.kind === 'store') for (const { value } of statement.stores) widths.add(value.lanes);
    }
  };
  for (const { body } of nests) visit(body);
  return [...widths].filter((lanes) => lanes > 1).sort((a, b) => a - b);
}
