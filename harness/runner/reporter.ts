import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import type { Result } from '../run-record.ts';

/** The environment variable that names the file for what the checks came to. */
export const outcomesVariable = 'CONFORM_OUTCOMES';

/** What the runner hands over: results, and for checks without one why there is none. */
export interface CheckOutcomes {
  readonly results: readonly Result[];
  readonly failures: readonly { readonly requirement: string; readonly reason: string }[];
  /** Errors of whole files or of the runner itself. */
  readonly errors: readonly string[];
}

/** Begins a line that tells of a check that has ended. */
export const decidedMark = 'decided: ';

/** Begins a line that tells of a change that could not be undone at the end of the run. */
export const leftMark = 'left behind: ';

/** Prints a line as each check ends, and writes all outcomes at the end of the run. */
export default class ConformanceReporter implements Reporter {
  readonly #results: Result[] = [];
  readonly #failures: { requirement: string; reason: string }[] = [];

  onTestCaseResult(testCase: TestCase): void {
    const { result } = testCase.meta();
    if (result === undefined) {
      this.#failures.push({ requirement: testCase.name, reason: reasonOf(testCase) });
    } else {
      this.#results.push(result);
    }
    const word = result?.verdict.kind ?? 'inconclusive';
    process.stdout.write(`${decidedMark}${word.padEnd(12)} ${testCase.name} (${((result?.durationMs ?? 0) / 1000).toFixed(1)} s)\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env[outcomesVariable];
    if (file === undefined) throw new Error(`${outcomesVariable} is not set: checks are run by \`conform verify\``);
    const errors = [...unhandled.map(({ message }) => message), ...modules.flatMap((module) => module.errors().map(({ message }) => `${module.moduleId}: ${message}`))];
    const outcomes: CheckOutcomes = { results: this.#results, failures: this.#failures, errors };
    writeFileSync(file, JSON.stringify(outcomes));
  }
}

/** Why a test has no result of ours: it was skipped by a failed hook, or it was cut off. */
function reasonOf(testCase: TestCase): string {
  const own = testCase.result().errors?.map(({ message }) => message) ?? [];
  const hooks = testCase.module.errors().map(({ message }) => message);
  return [...own, ...hooks].join('; ') || `the check ended as ${testCase.result().state} without a result`;
}
