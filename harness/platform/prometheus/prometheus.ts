import { parse } from 'yaml';
import type { Cluster } from '../cluster.ts';
import type { HttpAnswer, PodPort } from '../kubernetes/port-forward.ts';
import { livingPod, prometheusServer } from './targets.ts';

/** One series in the answer to an instant query, with its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Unix time of the value, in seconds. */
  readonly at: number;
}

/** One series in the answer to a query for a range: its values by their Unix time in seconds. */
export interface Range {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [at: number, value: number])[];
}

/** A job of Prometheus's own configuration, as far as the checks read it. */
export interface ScrapeJob {
  readonly job_name: string;
  readonly honor_labels?: boolean;
  readonly scrape_interval?: string;
  readonly scrape_timeout?: string;
  readonly metrics_path?: string;
  readonly scheme?: string;
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly type?: string; readonly port?: number }[];
}

/** A rule that alerts, and its alerts (Prometheus HTTP API, rules). */
interface AlertingRule {
  readonly name: string;
  readonly query: string;
  /** In seconds: how long the expression holds before the alert fires. */
  readonly duration: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly alerts: readonly Alert[];
}

export interface Alert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly activeAt: string;
}

interface Wrapped {
  readonly status?: string;
  readonly error?: string;
  readonly data?: unknown;
}

/** Prometheus's HTTP API, by a connection into its pod: no policy is on the way. Each call throws when it does not answer as it should. */
export interface Prometheus {
  readonly pod: PodPort;
  query(expression: string): Promise<Sample[]>;
  /** Values between two Unix times, in seconds, at this distance. */
  queryRange(expression: string, range: { readonly from: number; readonly to: number; readonly step: number }): Promise<Range[]>;
  flags(): Promise<Readonly<Record<string, string>>>;
  jobs(): Promise<ScrapeJob[]>;
  /** `activeAlertmanagers`, by their address. */
  alertmanagers(): Promise<string[]>;
  alertingRules(): Promise<AlertingRule[]>;
  /** The number of targets that discovery found and no job takes. */
  droppedTargets(): Promise<number>;
  get(path: string): Promise<HttpAnswer>;
}

/** How the checks name it as a place that they look at. */
export const atPrometheus = 'Prometheus';

/** Throws when no pod of it runs. */
export async function prometheusOf({ kubernetes }: Pick<Cluster, 'kubernetes'>, signal: AbortSignal): Promise<Prometheus> {
  const pod = await livingPod({ kubernetes }, prometheusServer);
  const get = async (path: string): Promise<HttpAnswer> => kubernetes.ask(pod, { method: 'GET', path }, signal);
  const data = async (path: string): Promise<unknown> => dataOf(path, await get(path));
  return {
    pod,
    get,
    query: async (expression) => samplesIn(await data(`/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`)),
    queryRange: async (expression, { from, to, step }) => {
      const words = new URLSearchParams({ query: expression, start: String(from), end: String(to), step: String(step) });
      return rangesIn(await data(`/api/v1/query_range?${words.toString()}`));
    },
    flags: async () => (await data('/api/v1/status/flags')) as Readonly<Record<string, string>>,
    jobs: async () => jobsIn(((await data('/api/v1/status/config')) as { yaml: string }).yaml),
    alertmanagers: async () =>
      ((await data('/api/v1/alertmanagers')) as { activeAlertmanagers: { url: string }[] }).activeAlertmanagers.map(({ url }) => url),
    alertingRules: async () => rulesIn(await data('/api/v1/rules?type=alert')),
    droppedTargets: async () => droppedIn(await data('/api/v1/targets?state=dropped')),
  };
}

function dataOf(path: string, { status, body }: HttpAnswer): unknown {
  if (status !== 200) throw new Error(`Prometheus answered ${status} to ${path}: ${body.slice(0, 200)}`);
  const { status: told, error, data } = JSON.parse(body) as Wrapped;
  if (told !== 'success') throw new Error(`Prometheus answered ${told} to ${path}: ${error}`);
  return data;
}

/** The samples of an instant vector; a scalar is one without labels. */
export function samplesIn(data: unknown): Sample[] {
  const { resultType, result } = data as { resultType: string; result: unknown };
  if (resultType === 'scalar') {
    const [at, value] = result as [number, string];
    return [{ labels: {}, value: Number(value), at }];
  }
  return (result as { metric: Record<string, string>; value: [number, string] }[]).map(({ metric, value: [at, value] }) => ({
    labels: metric,
    value: Number(value),
    at,
  }));
}

function rangesIn(data: unknown): Range[] {
  const { result } = data as { result: { metric: Record<string, string>; values: [number, string][] }[] };
  return result.map(({ metric, values }) => ({ labels: metric, values: values.map(([at, value]) => [at, Number(value)] as const) }));
}

/** The scrape jobs of a configuration as Prometheus shows it. */
export function jobsIn(configuration: string): ScrapeJob[] {
  return (parse(configuration) as { scrape_configs?: ScrapeJob[] }).scrape_configs ?? [];
}

function rulesIn(data: unknown): AlertingRule[] {
  return (data as { groups: { rules: AlertingRule[] }[] }).groups.flatMap(({ rules }) => rules);
}

/** Since 2.48 the dropped ones may be left out and counted alone (Prometheus: keep_dropped_targets, droppedTargetCounts). */
function droppedIn(data: unknown): number {
  const { droppedTargetCounts = {}, droppedTargets = [] } = data as {
    droppedTargetCounts?: Readonly<Record<string, number>>;
    droppedTargets?: readonly unknown[];
  };
  const counted = Object.values(droppedTargetCounts).reduce((sum, count) => sum + count, 0);
  return Math.max(counted, droppedTargets.length);
}
