import type { Result } from '../../harness/engine/run-record.ts';
import { attemptsText } from '../attempts-text.ts';
import { durationText } from '../duration.ts';
import { outcomeOf } from '../outcome.ts';
import { oneLine, shortened } from '../plain-text.ts';
import { standIns } from '../stand-ins.ts';
import { columns } from './columns.ts';
import { outcomeWidth, outcomeWord } from './outcome-word.ts';
import type { Paint } from './paint.ts';

/** Room for a duration such as `123.4 s`. */
const durationWidth = 7;
/** A promise is never cut below this many characters, even when the line grows past the columns. */
const shortestPromise = 24;

/** A kept requirement on one line; on a stand-in the word is `rehearsed`, and a second line names the stand-in; another tells of more attempts than one. */
export function keptLines(result: Result, idWidth: number, paint: Paint): string[] {
  const width = Math.max(shortestPromise, columns - outcomeWidth - idWidth - durationWidth - 6);
  const id = oneLine(result.requirement.id).padEnd(idWidth);
  const duration = durationText(result.durationMs).padStart(durationWidth);
  const line = `${outcomeWord(outcomeOf(result), paint)}  ${id}  ${duration}  ${shortened(result.requirement.promise, width)}`;
  const on = standIns(result);
  const attempts = attemptsText(result);
  const notes = [...(on === undefined ? [] : [`on stand-in: ${oneLine(on)}`]), ...(attempts === undefined ? [] : [attempts])];
  return [line, ...notes.map((note) => `${' '.repeat(outcomeWidth)}  ${note}`)];
}

/** The width of the widest identifier of the kept results, in characters. */
export function keptIdWidth(results: readonly Result[]): number {
  return Math.max(0, ...results.filter((result) => result.verdict.kind === 'kept').map((result) => oneLine(result.requirement.id).length));
}
