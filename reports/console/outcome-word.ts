import type { Outcome } from '../outcome.ts';
import type { Paint } from './paint.ts';

/** As wide as the usual words, so that identifiers stand below one another; `inconclusive` is rare and may stick out. */
export const outcomeWidth = 'rehearsed'.length;

/** The outcome's word, padded. */
export function outcomeWord(outcome: Outcome, paint: Paint): string {
  return paint(outcome, outcome) + ' '.repeat(Math.max(0, outcomeWidth - outcome.length));
}
