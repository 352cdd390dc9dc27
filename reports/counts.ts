import type { Result } from '../harness/engine/run-record.ts';
import { outcomeOf, outcomes } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/** How many results have each outcome. */
export type Counts = Readonly<Record<Outcome, number>>;

/** Counts the outcomes; every outcome is present, with 0 when there is none. */
export function countOutcomes(results: readonly Result[]): Counts {
  const counts: Record<Outcome, number> = { kept: 0, rehearsed: 0, broken: 0, inconclusive: 0, 'not-run': 0, waived: 0 };
  for (const result of results) counts[outcomeOf(result)] += 1;
  return counts;
}

/** The counts in words, for example `41 kept, 12 rehearsed, 3 broken, 1 inconclusive, 9 not-run, 0 waived`. */
export function countsText(counts: Counts): string {
  return outcomes.map((outcome) => `${counts[outcome]} ${outcome}`).join(', ');
}
