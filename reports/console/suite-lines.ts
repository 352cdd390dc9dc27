import type { Result } from '../../harness/engine/run-record.ts';
import { explanationsOf } from '../explanation.ts';
import { outcomeOf } from '../outcome.ts';
import { oneLine } from '../plain-text.ts';
import { standIns } from '../stand-ins.ts';
import { explanationLines } from './explanation-lines.ts';
import { keptIdWidth, keptLines } from './kept-line.ts';
import { outcomeWord } from './outcome-word.ts';
import type { Paint } from './paint.ts';
import { togetherLines } from './together-lines.ts';

/** One suite: its name and its results in the order of the record, those with one reason in common together. */
export function suiteLines(suite: string, results: readonly Result[], paint: Paint): string[] {
  const width = keptIdWidth(results);
  const together = togetherLines(results, paint);
  const lines = results.flatMap((result) => {
    if (result.verdict.kind === 'kept') return keptLines(result, width, paint);
    return together.get(result) ?? block(result, paint);
  });
  return [paint('heading', oneLine(suite)), ...lines];
}

function block(result: Result, paint: Paint): string[] {
  const { id, guide } = result.requirement;
  const on = standIns(result);
  const place = oneLine(`(${guide[0]})`) + (on === undefined ? '' : `  on stand-in ${oneLine(on)}`);
  return [`${outcomeWord(outcomeOf(result), paint)}  ${oneLine(id)}  ${place}`, ...explanationsOf(result).flatMap(explanationLines)];
}
