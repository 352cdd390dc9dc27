import type { Outcome } from '../outcome.ts';

/** One attempt as the vantage told it. Times are milliseconds since the epoch, by this machine's clock. */
export interface SampledAttempt {
  readonly beganAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  /** Whether it needed a connection of its own. */
  readonly connected: boolean;
  /** The connection that it was to use was found closed by the other side, or broke before the answer; curl then opened another. */
  readonly lost: boolean;
}
