import type { Result } from '../../harness/run-record.ts';
import { durationText } from '../duration.ts';
import { oneLine, shortened } from '../plain-text.ts';
import { standIns } from '../stand-ins.ts';
import { columns } from './columns.ts';
import type { Paint } from './paint.ts';

/** Room for a duration such as `12 min 34 s`. */
const durationWidth = 11;
/** A promise is never cut below this many characters, even when the line grows past the columns. */
const shortestPromise = 24;

/** A kept requirement on one line; on a stand-in it is `rehearsed on ...`, never plain kept. */
export function keptLine(result: Result, labelWidth: number, paint: Paint): string {
  const width = Math.max(shortestPromise, columns - labelWidth - durationWidth - 4);
  const promise = shortened(result.requirement.promise, width).padEnd(width);
  const word = wordOf(result);
  const rest = ' '.repeat(labelWidth - labelOf(result).length);
  const painted = paint(result.basis.kind === 'real' ? 'kept' : 'rehearsed', word);
  return `${painted}${labelOf(result).slice(word.length)}${rest}  ${promise}  ${durationText(result.durationMs).padStart(durationWidth)}`;
}

/** The width of the widest label of the kept results, in characters. */
export function keptLabelWidth(results: readonly Result[]): number {
  return Math.max(0, ...results.filter((result) => result.verdict.kind === 'kept').map((result) => labelOf(result).length));
}

function labelOf(result: Result): string {
  return `${wordOf(result).padEnd('not-run'.length)}  ${oneLine(result.requirement.id)}`;
}

function wordOf(result: Result): string {
  const on = standIns(result);
  return on === undefined ? 'kept' : oneLine(`rehearsed on ${on}`);
}
