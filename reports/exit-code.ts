import { exitCode } from '../harness/engine/problem.ts';
import type { ExitCode } from '../harness/engine/problem.ts';
import type { RunRecord } from '../harness/engine/run-record.ts';

/**
 * How a verification ends (docs/exit-codes.md): a broken promise outweighs an undecided one.
 * A run that decided nothing is inconclusive, because success must not come from looking at nothing.
 */
export function exitCodeOf(record: Pick<RunRecord, 'results'>): ExitCode {
  const kinds = new Set(record.results.map((result) => result.verdict.kind));
  if (kinds.has('broken')) return exitCode.broken;
  if (kinds.has('inconclusive')) return exitCode.inconclusive;
  return kinds.has('kept') || kinds.has('waived') ? exitCode.kept : exitCode.inconclusive;
}
