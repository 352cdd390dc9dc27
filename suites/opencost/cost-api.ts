import { readFileSync } from 'node:fs';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import { promised } from '../../guide/limits.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { type AllocationSet, type Allocations, type OpenCostAnswer, allocationsIn } from '../../harness/platform/opencost/allocation.ts';
import { prometheusOf } from '../../harness/platform/prometheus/prometheus.ts';
import { livingPod } from '../../harness/platform/prometheus/targets.ts';
import { reached } from '../../harness/probe/outcome.ts';
import { shellCommand } from '../../harness/probe/shell-words.ts';
import { inTime } from '../fixtures/in-time.ts';
import { apiPort } from './copied-opencost.ts';

/** Pods of OpenCost, by the chart's label, and the port of their API. */
export const opencostPods = { namespace: 'opencost', selector: 'app.kubernetes.io/name=opencost', port: apiPort };

type Look = Pick<CheckContext, 'cluster' | 'signal'>;
export type Parameters = Readonly<Record<string, string>>;

/** OpenCost's API by a way that there is. */
export interface CostApi {
  /** The way in words; every observation of an answer names it. */
  readonly vantage: string;
  ask(path: string, parameters?: Parameters): Promise<OpenCostAnswer>;
  /** The sets of /allocation. */
  allocations(parameters: Parameters): Promise<Allocations>;
}

/**
 * Goes by the published address from the admin workstation, as the guide's reader does; where that does not answer, into the pod itself,
 * so that a fault of the way does not hide one of the prices.
 */
export async function costApi(context: Look): Promise<CostApi> {
  const { cluster, signal } = context;
  const { address } = cluster.documented.services.opencost;
  const base = `http://${address}:${apiPort}`;
  const [health] = await cluster.probe({ host: 'admin' }, [{ kind: 'http', url: `${base}/healthz` }], signal);
  return health !== undefined && reached(health) ? published(context, base) : insidePod(context);
}

/** One request, whose answer is followed by a line with its status and curl's exit code. */
const request = readFileSync(`${import.meta.dirname}/ask.sh`, 'utf8');

function published({ cluster, signal }: Look, base: string): CostApi {
  return apiOf(`the admin workstation, by ${base}`, async (pathAndQuery) => {
    const seconds = String(patience('costAnswer') / 1000);
    return answerIn(await cluster.runAt('admin', shellCommand(request, [`${base}${pathAndQuery}`, seconds]), signal));
  });
}

/** The answer in what ask.sh prints. Throws where it printed none. */
export function answerIn(printed: string): OpenCostAnswer {
  const at = printed.trimEnd().lastIndexOf('\n');
  const [, status, code] = /^(\d+) (\d+)$/.exec(printed.trimEnd().slice(at + 1)) ?? [];
  if (status === undefined || code === undefined) throw new Error(`curl told no status: ${printed.slice(0, 200)}`);
  if (code !== '0') return { kind: 'silent', text: `no whole answer: curl ended with ${code}` };
  return { kind: 'answered', status: Number(status), body: printed.slice(0, Math.max(0, at)) };
}

async function insidePod({ cluster, signal }: Look): Promise<CostApi> {
  const pod = await livingPod(cluster, opencostPods);
  return apiOf("OpenCost's own pod, since its published address does not answer", async (path) => {
    const limit = AbortSignal.timeout(patience('costAnswer'));
    try {
      const { status, body } = await cluster.kubernetes.ask(pod, { method: 'GET', path }, AbortSignal.any([signal, limit]));
      return { kind: 'answered', status, body };
    } catch (error) {
      if (!limit.aborted) throw error;
      return { kind: 'silent', text: `no answer within ${patience('costAnswer') / 1000} s` };
    }
  });
}

function apiOf(vantage: string, get: (pathAndQuery: string) => Promise<OpenCostAnswer>): CostApi {
  const ask: CostApi['ask'] = (path, parameters = {}) => get(withQuery(path, parameters));
  return { vantage, ask, allocations: async (parameters) => allocationsIn(await ask('/allocation', parameters)) };
}

/** A path with its parameters, encoded as curl's --data-urlencode does. */
export function withQuery(path: string, parameters: Parameters): string {
  const query = new URLSearchParams(parameters).toString();
  return query === '' ? path : `${path}?${query}`;
}

/**
 * The sets of an answer with something in the first. Waits for the first cost; what never comes is an answer where Prometheus has had
 * data for longer than the promise, and throws, with their age, where they are younger.
 */
export async function costsOf(
  context: Look,
  api: CostApi,
  parameters: Parameters,
  isThere: (sets: readonly AllocationSet[]) => boolean = (sets) => sets.some((set) => set.size > 0),
): Promise<Allocations> {
  let last: Allocations = { kind: 'refused', text: 'nothing was asked' };
  const options = { timeoutMs: patience('firstCost'), everyMs: 5_000, signal: context.signal };
  const came = await inTime(() =>
    until('the first cost', options, async () => {
      last = await api.allocations(parameters);
      return last.kind === 'refused' || isThere(last.sets) ? { done: last } : { notYet: 'no entry' };
    }),
  );
  if (came.kind === 'done') return came.value;
  const ageMs = await dataAgeMs(context);
  if (ageMs < promised.opencost.firstCostMs)
    throw new Error(
      `Prometheus has data of ${Math.round(ageMs / 1000)} s, and the first cost may take ${promised.opencost.firstCostMs / 1000} s`,
    );
  return last;
}

/** How long ago Prometheus began to have data, in milliseconds; of the last 40 days, to an hour where they are older than one. */
export async function dataAgeMs({ cluster, signal }: Look): Promise<number> {
  const prometheus = await prometheusOf(cluster, signal);
  const oldest = async (range: string): Promise<number> => {
    const [sample] = await prometheus.query(`time() - min(min_over_time(timestamp(up{job="prometheus"})[${range}]))`);
    if (sample === undefined) throw new Error('Prometheus has no data of itself');
    return sample.value * 1000;
  };
  const recent = await oldest('1h:1m');
  return recent < 55 * 60_000 ? recent : oldest('40d:1h');
}

/** The only set of an accumulated answer. Throws for an answer without one: that says nothing about its figures. */
export function onlySet(allocations: Allocations): AllocationSet {
  if (allocations.kind === 'refused') throw new Error(`OpenCost has no allocation to judge: ${allocations.text}`);
  const [set] = allocations.sets;
  if (set === undefined) throw new Error('OpenCost answered without a set');
  return set;
}
