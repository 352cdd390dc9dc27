import type { StepOutcome } from '../../harness/engine/run-record.ts';
import { oneLine } from '../plain-text.ts';
import { stepCountsText } from '../step-counts.ts';
import { explanationLines } from './explanation-lines.ts';
import { labelled } from './columns.ts';
import type { Paint } from './paint.ts';

/** The guide's steps that failed while the cluster was built; nothing when no step is known. */
export function failedSteps(steps: readonly StepOutcome[], paint: Paint): string[] {
  if (steps.length === 0) return [];
  const failed = steps.filter((step) => step.outcome === 'failed');
  return [paint('heading', `The guide's steps: ${stepCountsText(steps)}`), ...failed.flatMap((step) => stepLines(step, paint))];
}

function stepLines(step: StepOutcome, paint: Paint): string[] {
  const erratum = step.erratum === undefined ? [] : labelled('Erratum', [oneLine(step.erratum)]);
  return [
    `${paint('broken', 'failed'.padEnd(7))}  ${oneLine(step.id)}  ${oneLine(step.title)}  (${oneLine(step.guide)})`,
    ...explanationLines({ label: 'Saw', text: step.detail || 'no output' }),
    ...erratum,
  ];
}
