import type { LikelyCause } from '../../harness/engine/run-record.ts';
import { oneLine } from '../plain-text.ts';
import { labelled, labelledTextWidth, wrapped } from './columns.ts';
import type { Paint } from './paint.ts';

/** The parts of the cluster that were half dead, before all that may follow from them. */
export function likelyCauses(causes: readonly LikelyCause[], paint: Paint): string[] {
  if (causes.length === 0) return [];
  return [
    paint('heading', 'Look here first: what is not kept below may follow from this'),
    ...causes.flatMap(({ part, evidence }) => [
      `${paint('inconclusive', 'cause'.padEnd(7))}  ${oneLine(part)}`,
      ...labelled('Saw', wrapped(oneLine(evidence), labelledTextWidth)),
    ]),
  ];
}
