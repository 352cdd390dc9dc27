import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { PodPort } from '../../../harness/platform/kubernetes/port-forward.ts';
import { type Destination, reach } from '../../../harness/probe/claims.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { type Askers, askersIn, sourcesOf } from './anchors.ts';
import { type PrometheusTarget, isLate, livingPod, prometheusServer, targetsOf } from '../../../harness/platform/prometheus/targets.ts';

/** Prometheus hears of a new target within seconds, and scrapes it within its interval of 1 min. */
const firstScrapeMs = 90_000;
const vantage = 'Prometheus';

/**
 * Prometheus scrapes all that it found, and what is new. Targets that are not up may become so until `allUpWithinMs` after the new
 * ones have been scraped.
 */
export async function targetsWork(
  context: CheckContext,
  askers: Askers,
  { allUpWithinMs = 0 }: { readonly allUpWithinMs?: number } = {},
): Promise<void> {
  const opencost = askersIn(askers, 'opencost');
  const server = await livingPod(context.cluster, prometheusServer);
  const planted = await plantTargets(context, opencost);
  await dialTargets(context, { askers, server, planted });
  const scraped = await plantedScraped(context, { server, planted, count: 2 * opencost.pods.length });
  const targets = await settled(context, { server, planted, scraped, allUpWithinMs });
  plantedAreJudged(context, targets, planted);
  const others = targets.filter((target) => !isPlanted(planted, target));
  othersAreUp(context, others);
  knownAreAmong(context, others);
}

/** The Services of targets that this check made: one that the echo pods answer, and one on a port where nobody listens. */
interface Planted {
  readonly alive: string;
  readonly dead: string;
}

function isPlanted({ alive, dead }: Planted, { service }: PrometheusTarget): boolean {
  return service === alive || service === dead;
}

async function plantTargets({ changes }: CheckContext, { namespace, service }: EchoGroup): Promise<Planted> {
  const planted = { alive: `conform-alive-${nonce()}`, dead: `conform-dead-${nonce()}` };
  await changes.createFrom(`${import.meta.dirname}/works-targets.yaml`, {
    NAMESPACE: namespace,
    GROUP: service.name,
    ALIVE: planted.alive,
    DEAD: planted.dead,
  });
  return planted;
}

interface Dialled {
  readonly askers: Askers;
  readonly server: PodPort;
  readonly planted: Planted;
}

/** New connections to the targets that were there before: what is planted is for the server itself. */
async function dialTargets({ cluster, connect, signal }: CheckContext, { askers, server, planted }: Dialled): Promise<void> {
  const known = (await targetsOf(cluster, server, signal)).filter((target) => target.host !== 'localhost' && !isPlanted(planted, target));
  const to = known.map(({ name, host, port }): Destination => ({ name: `the target ${name}`, target: { kind: 'tcp', host, port } }));
  await connect([reach({ from: sourcesOf(askersIn(askers, 'prometheus-system'), 'prometheus-system'), to })]);
}

interface Scrape {
  readonly server: PodPort;
  readonly planted: Planted;
}

async function plantedScraped(
  { cluster, signal }: CheckContext,
  { server, planted, count }: Scrape & { readonly count: number },
): Promise<PrometheusTarget[]> {
  return until('the planted targets to be scraped', { timeoutMs: firstScrapeMs, everyMs: 2000, signal }, async () => {
    const all = await targetsOf(cluster, server, signal);
    const found = all.filter((target) => isPlanted(planted, target));
    const waiting = found.filter(({ health }) => health === 'unknown');
    if (found.length === count && waiting.length === 0) return { done: all };
    return { notYet: `${found.length} found, ${waiting.length} of them not yet scraped` };
  });
}

/** The targets when all are up that should be, or as they are after the longest time. */
async function settled(
  { cluster, signal }: CheckContext,
  { server, planted, scraped, allUpWithinMs }: Scrape & { readonly scraped: PrometheusTarget[]; readonly allUpWithinMs: number },
): Promise<PrometheusTarget[]> {
  let seen = scraped;
  const notUp = (): PrometheusTarget[] => seen.filter((target) => !isPlanted(planted, target) && target.health !== 'up');
  if (allUpWithinMs === 0 || notUp().length === 0) return seen;
  await inTime(() =>
    until('all targets to be up', { timeoutMs: allUpWithinMs, everyMs: 5000, signal }, async () => {
      seen = await targetsOf(cluster, server, signal);
      return notUp().length === 0 ? { done: undefined } : { notYet: String(notUp().length) };
    }),
  );
  return seen;
}

function text({ name, host, health, error }: PrometheusTarget): string {
  return `${name} (${host}) ${health}${error === '' ? '' : ` (${error})`}`;
}

/** The new targets that answer are up, and those that answer nobody are down. */
function plantedAreJudged({ control, observe }: CheckContext, targets: readonly PrometheusTarget[], { alive, dead }: Planted): void {
  const notUp = targets.filter(({ service, health }) => service === alive && health !== 'up');
  observe({
    ...noneOf('new targets of namespace opencost that Prometheus cannot scrape', { vantage, saw: notUp.map(text) }),
    ...lateIf(notUp.length > 0 && notUp.every(isLate)),
  });
  const notDown = targets.filter(({ service, health }) => service === dead && health !== 'down');
  control(noneOf('new targets that answer nobody, and are not down', { vantage, saw: notDown.map(text) }));
}

function othersAreUp({ observe }: CheckContext, others: readonly PrometheusTarget[]): void {
  const notUp = others.filter(({ health }) => health !== 'up');
  observe({
    ...noneOf(`targets that are not up, of ${others.length}`, { vantage, saw: notUp.map(text) }),
    key: 'targets that are not up',
    ...lateIf(notUp.length > 0 && notUp.every(isLate)),
  });
}

/** Every kubelet and node exporter, kube-state-metrics and OpenCost are among the targets. */
function knownAreAmong({ cluster, observe }: CheckContext, others: readonly PrometheusTarget[]): void {
  const nodes = cluster.documented.nodes.map(({ address }) => address);
  const hosts = (job: string, service?: string): string[] =>
    others.filter((target) => target.job === job && (service === undefined || target.service === service)).map(({ host }) => host);
  const ofServices = 'kubernetes-service-endpoints';
  observe(equal('kubelets among the targets', { vantage, expected: nodes, saw: hosts('kubernetes-nodes') }));
  observe(
    equal('node exporters among the targets', {
      vantage,
      expected: nodes,
      saw: hosts(ofServices, 'prometheus-prometheus-node-exporter'),
    }),
  );
  // kube-state-metrics serves its own metrics on a second port.
  const found = {
    'kube-state-metrics': hosts(ofServices, 'prometheus-kube-state-metrics'),
    opencost: hosts('opencost'),
  };
  observe(
    equal('kube-state-metrics and OpenCost among the targets', {
      vantage,
      expected: Object.keys(found),
      saw: Object.entries(found).flatMap(([name, at]) => (at.length > 0 ? [name] : [])),
    }),
  );
}
