/**
 * @file Ends a test run with one line that people and scripts can rely on, `12 passed, 0 failed, 1 skipped`, after a
 * line for each skipped test, `skipped: file > suite > test (reason)`.
 *
 * It counts tests. What fails outside any test (a file that does not load, a hook, an unhandled error) counts as failed,
 * and so does a test that was interrupted. The line is written when the process exits, since vitest prints after its
 * last report.
 */
import type { Reporter, SerializedError, TestModule, TestSuite, Vitest } from 'vitest/node';

/** What the closing line counts, and the skipped tests by name. */
export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** Counts the tests of a finished run. */
export function countTests(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): TestCount {
  let passed = 0;
  let failed = unhandledErrors.length;
  const skipped: string[] = [];
  for (const module of modules) {
    for (const container of [module, ...module.children.allSuites()]) {
      if (hasFailedItself(container)) failed++;
    }
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') passed++;
      else if (result.state !== 'skipped') failed++;
      else {
        const reason = result.note === undefined ? '' : ` (${result.note})`;
        skipped.push(`${module.relativeModuleId} > ${test.fullName}${reason}`);
      }
    }
  }
  return { passed, failed, skipped };
}

/** Whether a file or a suite failed by something that is no test in it. */
function hasFailedItself(container: TestModule | TestSuite): boolean {
  return container.errors().length > 0;
}

/** The lines that end a run. With a filter on names, all that it left out is skipped, and naming it would be noise. */
export function summaryLines({ passed, failed, skipped }: TestCount, isFiltered: boolean): string[] {
  const names = isFiltered ? [] : skipped.map((name) => `skipped: ${name}`);
  return [...names, `${passed} passed, ${failed} failed, ${skipped.length} skipped`];
}

export default class SummaryReporter implements Reporter {
  #count: TestCount = { passed: 0, failed: 0, skipped: [] };

  onInit(vitest: Vitest): void {
    process.once('exit', () => {
      if (this.#count.failed > 0) process.exitCode ||= 1;
      const isFiltered = vitest.config.testNamePattern !== undefined;
      process.stdout.write(`${summaryLines(this.#count, isFiltered).join('\n')}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#count = countTests(modules, unhandledErrors);
  }
}
