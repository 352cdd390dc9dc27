import type { Result } from '../harness/engine/run-record.ts';

/** What a reader is told about one requirement: the verdict, with `kept` on a stand-in shown apart as `rehearsed`. */
export type Outcome = 'kept' | 'rehearsed' | 'broken' | 'inconclusive' | 'not-run' | 'waived';

/** In the order in which the reports count them. */
export const outcomes: readonly Outcome[] = ['kept', 'rehearsed', 'broken', 'inconclusive', 'not-run', 'waived'];

/** The outcome of one result. */
export function outcomeOf(result: Pick<Result, 'verdict' | 'basis'>): Outcome {
  if (result.verdict.kind === 'kept' && result.basis.kind === 'stand-in') return 'rehearsed';
  return result.verdict.kind;
}
