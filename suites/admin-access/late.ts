import type { Attempt } from '../../harness/attempt.ts';
import type { Measured } from '../../harness/check.ts';

/** What a measurement says beside the rest when something had to come and did not in time. */
export function lateIf(isLate: boolean): Pick<Measured, 'late'> {
  return isLate ? { late: true } : {};
}

/** The same for an attempt, when it ran into the deadline of a wait. */
export function lateWhenWaited(tried: Attempt<unknown>): Pick<Measured, 'late'> {
  return lateIf(tried.kind === 'failed' && tried.isTimeout);
}
