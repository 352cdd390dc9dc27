import type { Result } from '../../harness/run-record.ts';
import { oneLine } from '../plain-text.ts';
import { columns, wrapped } from './columns.ts';
import { outcomeWord } from './outcome-word.ts';
import type { Paint } from './paint.ts';

/** The lines of the results that were not run, under the first result of each reason. */
export function notRunLines(results: readonly Result[], paint: Paint): Map<Result, string[]> {
  const notRun = results.filter((result) => result.verdict.kind === 'not-run');
  const groups = Map.groupBy(notRun, reasonOf);
  return new Map([...groups].flatMap(([reason, group]) => {
    const [first] = group;
    return first === undefined ? [] : [[first, groupLines(reason, group, paint)] as const];
  }));
}

function groupLines(reason: string, group: readonly Result[], paint: Paint): string[] {
  const ids = group.map((result) => oneLine(result.requirement.id));
  const word = outcomeWord('not-run', paint);
  if (ids.length === 1) return [`${word}  ${ids.join('')}  ${reason}`];
  return [`${word}  ${ids.length} requirements: ${reason}`, ...wrapped(ids.join(' '), columns - 2).map((line) => `  ${line}`)];
}

function reasonOf(result: Result): string {
  const reason = result.verdict.kind === 'not-run' ? oneLine(result.verdict.reason) : '';
  const errata = result.errata.map((erratum) => erratum.id).join(' ');
  return errata === '' ? reason : `${reason} (${oneLine(errata)})`;
}
