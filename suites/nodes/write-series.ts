import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { longestGapMs } from '../../harness/probe/sampling/samples.ts';

/** One write, by this machine's clock, in milliseconds since the epoch. */
export interface WriteAttempt {
  readonly beganAt: number;
  readonly endedAt: number;
  /** `written`, or why it was not. */
  readonly outcome: string;
  readonly isWritten: boolean;
}

/** Something that happened meanwhile. */
export interface WriteMark {
  readonly at: number;
  readonly text: string;
}

interface WritesOf {
  readonly name: string;
  readonly vantage: string;
  readonly target: string;
  readonly everyMs: number;
  readonly endedAt: number;
  readonly marks: readonly WriteMark[];
}

/**
 * Writes as the report draws them. As with samples of the network, a good one is at the time of its answer, any other at the time
 * when it began. Throws without an attempt.
 */
export function writeSeries(attempts: readonly WriteAttempt[], { endedAt, marks, ...named }: WritesOf): SampledSeries {
  if (attempts.length === 0) throw new Error(`${named.name}: nothing was written`);
  const zero = Math.min(...attempts.map(({ beganAt }) => beganAt));
  const samples = attempts
    .map(({ beganAt, endedAt: answeredAt, outcome, isWritten }) => ({
      atMs: (isWritten ? answeredAt : beganAt) - zero,
      outcome,
      ok: isWritten,
    }))
    .toSorted((one, other) => one.atMs - other.atMs);
  return {
    ...named,
    connection: 'new',
    startedAt: new Date(zero).toISOString(),
    samples,
    events: marks.map(({ at, text }) => ({ atMs: Math.max(0, at - zero), text })),
    longestGapMs: longestGapMs(samples, endedAt - zero),
    failures: samples.filter(({ ok }) => !ok).length,
  };
}

/** The longest gap from a time of the series on: for promises that what has come back stays. */
export function longestGapFrom({ samples }: Pick<SampledSeries, 'samples'>, fromMs: number, endMs: number): number {
  return longestGapMs(
    samples.filter(({ atMs }) => atMs >= fromMs),
    endMs,
  );
}

/** The time of the first good sample after the first failure from a given time on, or without a failure after that time; undefined where none came. */
export function backAt({ samples }: Pick<SampledSeries, 'samples'>, lostAtMs: number): number | undefined {
  const failedAt = samples.find(({ ok, atMs }) => !ok && atMs >= lostAtMs)?.atMs ?? lostAtMs;
  return samples.find(({ ok, atMs }) => ok && atMs >= failedAt)?.atMs;
}

/** How long a series goes on once it is back, in milliseconds, to its last sample; 0 where it did not come back. */
export function goesOnForMs(series: Pick<SampledSeries, 'samples'>, lostAtMs: number): number {
  const back = backAt(series, lostAtMs);
  return back === undefined ? 0 : (series.samples.at(-1)?.atMs ?? 0) - back;
}
