import type { RunRecord } from '../../harness/engine/run-record.ts';
import { answerOf } from '../answer.ts';
import { countOutcomes } from '../counts.ts';
import type { Counts } from '../counts.ts';
import { coverageOf, coverageText } from '../coverage.ts';
import { durationText } from '../duration.ts';
import { outcomes } from '../outcome.ts';
import { oneLine } from '../plain-text.ts';
import { labelled, labelledTextWidth, wrapped } from './columns.ts';
import type { Paint } from './paint.ts';

/** The last lines: counts, coverage, the answer in one sentence, the time it took. */
export function totals({ results, run }: RunRecord, paint: Paint): string[] {
  return [
    paint('heading', 'Totals'),
    ...labelled('Verdicts', [paintedCounts(countOutcomes(results), paint)]),
    ...labelled('Coverage', [coverageText(coverageOf(results))]),
    ...labelled('Answer', wrapped(oneLine(answerOf(results)), labelledTextWidth)),
    ...labelled('Took', [durationText(run.durationMs)]),
  ];
}

function paintedCounts(counts: Counts, paint: Paint): string {
  return outcomes
    .map((outcome) => {
      const text = `${counts[outcome]} ${outcome}`;
      return counts[outcome] === 0 ? text : paint(outcome, text);
    })
    .join(', ');
}
