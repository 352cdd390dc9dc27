import { appendFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import type { Result } from '../run-record.ts';
import { decidedMark } from './marks.ts';

/** The environment variable that names the file for what the checks came to: one Outcome a line, written as each check ends. */
export const outcomesVariable = 'CONFORM_OUTCOMES';

/** What a check came to: its result, or why there is none; or an error of a whole file or of the runner itself. */
export type Outcome =
  | { readonly result: Result }
  | { readonly requirement: string; readonly reason: string }
  | { readonly error: string }
  | { readonly ended: true };

/** Tells of each check as it ends, so that a run that is cut short loses nothing. */
export default class ConformanceReporter implements Reporter {
  onTestCaseResult(testCase: TestCase): void {
    const { result } = testCase.meta();
    write(result === undefined ? { requirement: testCase.name, reason: reasonOf(testCase) } : { result });
    const word = result?.verdict.kind ?? 'inconclusive';
    process.stdout.write(`${decidedMark}${word.padEnd(12)} ${testCase.name} (${((result?.durationMs ?? 0) / 1000).toFixed(1)} s)\n`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const { message } of unhandled) write({ error: message });
    for (const module of modules) for (const { message } of module.errors()) write({ error: `${module.moduleId}: ${message}` });
    write({ ended: true });
  }
}

function write(outcome: Outcome): void {
  const file = process.env[outcomesVariable];
  if (file === undefined) throw new Error(`${outcomesVariable} is not set: checks are run by \`conform verify\``);
  appendFileSync(file, `${JSON.stringify(outcome)}\n`);
}

/** Why a test has no result of ours: it was skipped by a failed hook, or it was cut off. */
function reasonOf(testCase: TestCase): string {
  const own = testCase.result().errors?.map(({ message }) => message) ?? [];
  const hooks = testCase.module.errors().map(({ message }) => message);
  return [...own, ...hooks].join('; ') || `the check ended as ${testCase.result().state} without a result`;
}
