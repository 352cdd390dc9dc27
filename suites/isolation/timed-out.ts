import { WaitTimeout } from '../../harness/engine/waiting.ts';

/** For the end of a wait whose deadline is an outcome: gives the time-out as a value, and throws every other error on. */
export function timedOut(error: unknown): WaitTimeout {
  if (error instanceof WaitTimeout) return error;
  throw error;
}
