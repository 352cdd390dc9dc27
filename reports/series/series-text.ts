import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { durationText } from '../duration.ts';
import { type Gap, answeredBy, gapOf } from './gap-of.ts';

/** What was sampled and what came out, in one sentence. */
export function seriesText(series: SampledSeries): string {
  return `${series.name} (${vantageText(series)}): ${resultText(series)}`;
}

/** From where to where, over what kind of connection. */
export function vantageText({ vantage, target, connection, everyMs }: SampledSeries): string {
  return `${vantage} -> ${target}, ${connection === 'new' ? 'a new connection' : 'a request over one connection'} every ${everyMs} ms`;
}

/** The longest gap, the failures by what they were, and who answered before and after. */
export function resultText(series: SampledSeries): string {
  const { samples, failures } = series;
  const gap = gapOf(series);
  if (gap === undefined) return `no failure in ${samples.length} samples${answeredText(series)}`;
  const ended = gap.open ? ' and no answer after it' : '';
  return `longest gap ${durationText(series.longestGapMs)}${ended}, ${failures} of ${samples.length} samples failed (${failuresText(series)})${sidesText(gap)}`;
}

/** At most three kinds of failure, the most frequent first. */
function failuresText({ samples }: SampledSeries): string {
  const kinds = Map.groupBy(
    samples.filter(({ ok }) => !ok),
    ({ outcome }) => outcome,
  );
  const counts = [...kinds].map(([outcome, of]) => ({ outcome, count: of.length })).toSorted((a, b) => b.count - a.count);
  const shown = counts.slice(0, 3).map(({ outcome, count }) => `${outcome} ${count}`);
  return [...shown, ...(counts.length > shown.length ? [`${counts.length - shown.length} other kinds`] : [])].join(', ');
}

function answeredText({ samples }: SampledSeries): string {
  const names = answeredBy(samples);
  return names.length === 0 ? '' : `, answered by ${namesText(names)}`;
}

function sidesText({ before, after, open }: Gap): string {
  if (before.length === 0 && after.length === 0) return '';
  return open ? `; answered by ${namesText(before)} before` : `; answered by ${namesText(before)} before, by ${namesText(after)} after`;
}

/** A few names, and how many there are beside them. */
export function namesText(names: readonly string[]): string {
  if (names.length === 0) return 'nobody';
  if (names.length <= 3) return names.join(', ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`;
}
