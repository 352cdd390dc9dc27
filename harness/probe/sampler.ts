import type { SampledSeries } from '../engine/run-record.ts';
import { byPlace } from './places.ts';
import { type SampledPlace, type SampledVantages, beginAt, collectAt, endAt } from './sampling/sampled-place.ts';
import type { SampledRequest } from './sampling/sampled-request.ts';
import { type Mark, seriesOf } from './sampling/series.ts';

export type { SampledRequest } from './sampling/sampled-request.ts';

export interface SamplingOptions {
  /** The places stop sampling by themselves after this time; at most 10 minutes. */
  readonly maxMs: number;
  /** A part of a second: 100 (the default), 125, 200, 250, 500 or 1000. Names are asked for every 250 ms at the most. */
  readonly everyMs?: number;
  readonly signal: AbortSignal;
}

/** Sampling that has begun. */
export interface Sampling {
  /** Notes that something happens now, for example `power off w02`. */
  mark(text: string): void;
  /** Ends the sampling; the series are in the order of the requests. Throws when a place cannot be read any more. */
  stop(): Promise<SampledSeries[]>;
}

const mostMs = 600_000;

/**
 * Begins to sample every request from its place, and returns when all places do. Each place needs curl 7.84 or later (--rate),
 * for names also dig. New connections: an attempt begins every step whatever became of those before it, and fails after 0.95 s.
 * Kept open: a request every step over one connection. One that is not answered within 0.95 s is a failure (and no other is
 * sent meanwhile), one that finds the connection closed or reset is a failure `connection lost`; both times the connection is
 * given up and another is opened, at the latest with the next step: `answered ... over a new connection` says that this worked,
 * and is not said as long as the first one lives. An aborted signal ends the sampling. Throws when a place cannot sample.
 */
export async function startSampling(
  vantages: SampledVantages,
  requests: readonly SampledRequest[],
  options: SamplingOptions,
): Promise<Sampling> {
  const everyMs = options.everyMs ?? 100;
  if (everyMs < 100 || 1000 % everyMs !== 0) throw new RangeError(`samples every ${everyMs} ms: not a part of a second of at least 100 ms`);
  if (options.maxMs > mostMs) throw new RangeError(`sampling for ${options.maxMs} ms: more than ${mostMs} ms`);
  const places = await beginEverywhere(vantages, requests, { ...options, everyMs });
  const aborted = (): void => void endEverywhere(vantages, places);
  options.signal.addEventListener('abort', aborted, { once: true });
  const marks: Mark[] = [];
  let stopped: Promise<SampledSeries[]> | undefined;
  const stop = async (): Promise<SampledSeries[]> => {
    options.signal.removeEventListener('abort', aborted);
    const endedAt = Date.now();
    try {
      const read = await Promise.all(places.map((place) => collectAt(vantages, place, options.signal)));
      return seriesOf(new Map(read.flat()), requests, { placeText: (place) => vantages.placeText(place), marks, everyMs, endedAt });
    } finally {
      await endEverywhere(vantages, places);
    }
  };
  return {
    mark: (text) => void marks.push({ at: Date.now(), text }),
    stop: () => (stopped ??= stop()),
  };
}

/** Where one place cannot sample, the others are ended too. */
async function beginEverywhere(
  vantages: SampledVantages,
  requests: readonly SampledRequest[],
  options: Required<SamplingOptions>,
): Promise<SampledPlace[]> {
  const numbered = requests.map((request, index) => ({ request, index }));
  const groups = byPlace(numbered, ({ request }) => request.from);
  const begun = await Promise.allSettled(groups.map((group) => beginAt(vantages, group, options)));
  const places = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = begun.find((each) => each.status === 'rejected');
  if (failed === undefined) return places;
  await endEverywhere(vantages, places);
  throw failed.reason;
}

async function endEverywhere(vantages: SampledVantages, places: readonly SampledPlace[]): Promise<void> {
  await Promise.all(places.map((place) => endAt(vantages, place)));
}
