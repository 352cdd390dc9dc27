import type { Outcome } from '../outcome.ts';
import type { Paint } from './paint.ts';

/** The outcome's word, at least as wide as `not-run`, so that identifiers stand below one another. */
export function outcomeWord(outcome: Outcome, paint: Paint): string {
  return paint(outcome, outcome) + ' '.repeat(Math.max(0, 'not-run'.length - outcome.length));
}
