import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from './settings.ts';

/** A value at a time in seconds since the epoch. */
export type Sample = readonly [time: number, value: number];

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** One sample, or those of a subquery; never none. */
  readonly values: readonly Sample[];
}

/** Prometheus could not be asked, or refused. */
class PrometheusError extends Error {}

export interface Prometheus {
  /** The query's answer for a time in milliseconds since the epoch. */
  readonly query: (query: string, time: number) => Promise<readonly Series[]>;
  /**
   * Since release 3 a range leaves its first instant out; OpenCost then asks for one resolution more (opencost pull request 3094).
   * Asked of Prometheus itself, since a build need not state its release.
   */
  readonly rangesAreLeftOpen: () => Promise<boolean>;
}

interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly result?: readonly RawSeries[] };
}
interface RawSeries {
  readonly metric: Record<string, string>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

export function prometheusAt({
  prometheusUrl,
  queryConcurrency,
  queryTimeout,
}: Pick<Settings, 'prometheusUrl' | 'queryConcurrency' | 'queryTimeout'>): Prometheus {
  const turn = limiter(queryConcurrency);
  const query: Prometheus['query'] = (text, time) => turn(() => ask(prometheusUrl, queryTimeout, text, time));
  let leftOpen: Promise<boolean> | undefined;
  return {
    query,
    rangesAreLeftOpen() {
      leftOpen ??= probe(query).catch((error: unknown) => {
        leftOpen = undefined;
        throw error;
      });
      return leftOpen;
    },
  };
}

/** A range of one step, asked at a whole minute, holds one sample if it leaves its first instant out, and two if not. */
async function probe(query: Prometheus['query']): Promise<boolean> {
  const aligned = Math.floor(Date.now() / 60_000) * 60_000;
  const [count] = await query('count_over_time(vector(1)[1m:1m])', aligned);
  return count?.values[0]?.[1] === 1;
}

async function ask(url: string, timeout: number, query: string, time: number): Promise<readonly Series[]> {
  const body = new URLSearchParams({ query, time: String(time / 1000) });
  let answer: Answer;
  try {
    const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body, signal: AbortSignal.timeout(timeout) });
    answer = (await response.json()) as Answer;
  } catch (error) {
    throw new PrometheusError(`Prometheus communication error: ${reason(error)} query ${query}`, { cause: error });
  }
  if (answer.status !== 'success') throw new PrometheusError(`Prometheus error: ${answer.error ?? 'no reason given'} query ${query}`);
  return (answer.data?.result ?? []).flatMap(series);
}

function reason(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function series(raw: RawSeries): readonly Series[] {
  const values = raw.values ?? (raw.value === undefined ? [] : [raw.value]);
  if (values.length === 0) return [];
  return [{ metric: raw.metric, values: values.map(([time, value]) => [time, finite(Number(value))] as const) }];
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Runs at most so many of the tasks at a time, in the order in which they came. */
function limiter(most: number): <Result>(task: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** Says in the log whether Prometheus can be reached, until it can; nothing waits for it. */
export async function announcePrometheus(prometheus: Prometheus, url: string): Promise<void> {
  for (;;) {
    try {
      await prometheus.query('up', Date.now());
      console.log(`INF Success: retrieved the 'up' query against prometheus at: ${url}`);
      return;
    } catch (error) {
      console.log(
        `ERR Failed to query prometheus at ${url}. Error: ${String(error)}. Troubleshooting help available at: https://www.opencost.io/docs`,
      );
    }
    await delay(15_000);
  }
}
