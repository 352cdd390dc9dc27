import type { StepOutcome } from '../harness/engine/run-record.ts';

/** How the guide's steps went, in words: `28 done, 2 failed`. */
export function stepCountsText(steps: readonly StepOutcome[]): string {
  const outcomes = ['done', 'failed'] as const;
  return outcomes.map((outcome) => `${steps.filter((step) => step.outcome === outcome).length} ${outcome}`).join(', ');
}
