import type { Result } from '../../harness/engine/run-record.ts';
import { oneLine } from '../plain-text.ts';
import { columns, labelledTextWidth, labelled, wrapped } from './columns.ts';
import { outcomeWord } from './outcome-word.ts';
import type { Paint } from './paint.ts';

/**
 * The lines of results that have one reason in common, under the first of them: all that were not run, and those of which
 * several could not be decided for the same reason, for example when the cluster had died.
 */
export function togetherLines(results: readonly Result[], paint: Paint): Map<Result, string[]> {
  const groups = Map.groupBy(
    results.filter(({ verdict }) => verdict.kind === 'not-run' || verdict.kind === 'inconclusive'),
    (result) => `${result.verdict.kind} ${reasonOf(result)}`,
  );
  const told = [...groups.values()].filter(([first, ...others]) => first?.verdict.kind === 'not-run' || others.length > 0);
  return new Map(
    told.flatMap((group) => group.map((result, index) => [result, index === 0 ? groupLines(result, group, paint) : []] as const)),
  );
}

function groupLines(first: Result, group: readonly Result[], paint: Paint): string[] {
  const ids = group.map((result) => oneLine(result.requirement.id));
  const head = `${outcomeWord(first.verdict.kind === 'not-run' ? 'not-run' : 'inconclusive', paint)}  `;
  if (ids.length === 1) return [`${head}${ids.join('')}  ${reasonOf(first)}`];
  const list = wrapped(ids.join(' '), columns - 2).map((line) => `  ${line}`);
  if (first.verdict.kind !== 'inconclusive') return [`${head}${ids.length} requirements: ${reasonOf(first)}`, ...list];
  return [
    `${head}${ids.length} requirements:`,
    ...list,
    ...labelled('Reason', wrapped(reasonOf(first), labelledTextWidth)),
    ...labelled('Next', [oneLine(first.verdict.next)]),
  ];
}

function reasonOf({ verdict, errata }: Result): string {
  const reason = 'reason' in verdict ? oneLine(verdict.reason) : '';
  return errata.length === 0 ? reason : `${reason} (${oneLine(errata.map(({ id }) => id).join(' '))})`;
}
