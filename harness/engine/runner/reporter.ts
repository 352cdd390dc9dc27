import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { emit } from './emit.ts';

/**
 * Tells at the end of the run what tell-results.ts cannot: which checks have no result, and why. Until then the thread of the
 * checks tells its events by itself.
 */
export default class ConformanceReporter implements Reporter {
  readonly #withoutResult: TestCase[] = [];

  onTestCaseResult(testCase: TestCase): void {
    if (testCase.meta().result === undefined && testCase.result().state !== 'skipped') this.#withoutResult.push(testCase);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const testCase of this.#withoutResult) emit({ kind: 'undecided', requirement: testCase.name, reason: reasonOf(testCase) });
    for (const { message } of unhandled) emit({ kind: 'failed', text: message });
    for (const module of modules)
      for (const { message } of module.errors()) emit({ kind: 'failed', text: `${module.moduleId}: ${message}` });
    emit({ kind: 'ended' });
  }
}

/** Why a test has no result of ours: a hook failed, or it was cut off. */
function reasonOf(testCase: TestCase): string {
  const own = testCase.result().errors?.map(({ message }) => message) ?? [];
  const hooks = testCase.module.errors().map(({ message }) => message);
  return [...own, ...hooks].join('; ') || `the check ended as ${testCase.result().state} without a result`;
}
