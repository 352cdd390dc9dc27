import { promDuration } from './duration.ts';
import type { Prometheus, Series } from './prometheus.ts';
import type { QueryRange } from './queries.ts';
import type { Window } from './window.ts';

/** Where and how figures are read. */
export interface Source {
  readonly prometheus: Prometheus;
  readonly clusterId: string;
  readonly clusterLabel: string;
}

export async function queryRange({ prometheus, clusterLabel }: Source, window: Window, resolution: number): Promise<QueryRange> {
  const length = window.end - window.start;
  const extra = (await prometheus.rangesAreLeftOpen()) ? resolution : 0;
  const step = promDuration(resolution);
  return {
    range: promDuration(length),
    subquery: `${promDuration(length + extra)}:${step}`,
    step,
    doubleStep: promDuration(2 * resolution),
    clusterLabel,
  };
}

/** Asks all queries of a set for one time. */
export async function answers<Name extends string>(
  { prometheus }: Source,
  queries: Readonly<Record<Name, string>>,
  time: number,
): Promise<Record<Name, readonly Series[]>> {
  const names = Object.keys(queries) as Name[];
  const results = await Promise.all(names.map((name) => prometheus.query(queries[name], time)));
  return Object.fromEntries(names.map((name, index) => [name, results[index] ?? []])) as Record<Name, readonly Series[]>;
}

export function clusterOf({ clusterId, clusterLabel }: Source, { metric }: Series): string {
  return metric[clusterLabel] ?? clusterId;
}

export function value({ values }: Series): number {
  return values[0]?.[1] ?? 0;
}

/**
 * First to last step of a subquery in which the series was there, inside the window. A series that was seen in one step only
 * gets one resolution, half on each side (pkg/costmodel/allocation_helpers.go, calculateStartAndEnd).
 */
export function runningTime({ values }: Series, window: Window, resolution: number): Window {
  const first = Math.trunc(values[0]?.[0] ?? 0) * 1000;
  const last = Math.trunc(values.at(-1)?.[0] ?? 0) * 1000;
  const half = first === last ? resolution / 2 : 0;
  return { start: Math.max(first - half, window.start), end: Math.min(last + half, window.end) };
}

/** Labels that a metric carries as label_NAME (or with another prefix), under their own names. */
export function carried(prefix: 'label_' | 'annotation_', { metric }: Series): Record<string, string> {
  const own = Object.entries(metric).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, text]) => [name.slice(prefix.length), text]));
}
