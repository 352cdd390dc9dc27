import { nonce } from '../../../harness/engine/stable-key.ts';
import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { PodPort } from '../../../harness/platform/kubernetes/port-forward.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { platform } from '../../fixtures/groups.ts';
import { equal, lateIf, lateWhenWaited, noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { strangersAreDenied } from './anchors.ts';

/** Guide, OpenCost, Step 3: PROMETHEUS_SERVER_ENDPOINT. */
const prometheusUrl = 'http://prometheus-server.prometheus-system.svc.cluster.local';
const serverPort = 9090;
const opencostPort = 9003;
/** Register, ADM-WORKS-OPENCOST-PROMETHEUS: allocation data newer than 5 min. */
const newestData = '5m';
/** Prometheus scrapes within its interval of 1 min, and two scrapes make a rate. */
const firstDataMs = 130_000;
/** Prometheus hears of a new target within seconds, and scrapes it within its interval of 1 min. */
const firstScrapeMs = 90_000;

/** OpenCost asks Prometheus over new connections, and has data of it. */
export async function openCostWorks(context: CheckContext): Promise<void> {
  const [opencost, server, exporter] = await Promise.all([
    groupIn('opencost'),
    podOf(context, prometheusServer),
    podOf(context, opencostPods),
  ]);
  context.hint(
    async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which policy admits namespace opencost to prometheus-system?',
  );
  const query = (expression: string) => ({ kind: 'http', url: `${prometheusUrl}/api/v1/query?query=${expression}` }) as const;
  const outcomes = await connections(context, [
    ...opencost.pods.map(({ place }): Connection => ({
      role: 'observation',
      from: place,
      to: query('up'),
      name: 'the query `up` of Prometheus, over a new connection',
      expect: { status: 200 },
    })),
    ...(await strangersAreDenied(context, server, 'Prometheus')),
  ]);
  const [first] = outcomes;
  const results = first?.kind === 'answered' ? resultsIn(first.body) : [];
  context.observe({
    subject: 'series in the answer to the query `up`',
    vantage: 'pods of opencost',
    expected: 'some',
    saw: String(results.length),
    held: results.length > 0,
    ...lateIf(first?.kind === 'timeout'),
  });
  const absent = await context.cluster.kubernetes.ask(
    server,
    { method: 'GET', path: '/api/v1/query?query=conform_no_such_metric' },
    context.signal,
  );
  context.control(
    equal('series in the answer to a query for an absent metric', {
      vantage: "Prometheus's own pod",
      expected: '0',
      saw: String(resultsIn(absent.body).length),
    }),
  );
  const allocated = await attempt(context.signal, () => freshCost(context, exporter));
  context.observe({
    subject: `namespaces with cost in OpenCost's data of the last ${newestData}`,
    vantage: "OpenCost's own pod",
    expected: 'opencost among them',
    saw: allocated.kind === 'done' ? allocated.value : allocated.text,
    held: allocated.kind === 'done',
    ...lateWhenWaited(allocated),
  });
}

/** Prometheus scrapes all that it found, and what is new. Targets that are not up may become so until `allUpWithinMs` after the new ones have been scraped. */
export async function targetsWork(context: CheckContext, { allUpWithinMs = 0 }: { allUpWithinMs?: number } = {}): Promise<void> {
  const {
    cluster: { documented, kubernetes },
    changes,
    signal,
  } = context;
  const [opencost, prometheus, server] = await Promise.all([
    groupIn('opencost'),
    groupIn('prometheus-system'),
    podOf(context, prometheusServer),
  ]);
  const group = opencost.service.name;
  const [alive, dead] = ['alive', 'dead'].map((state) => `conform-${state}-${nonce()}`) as [string, string];
  await changes.createFrom(`${import.meta.dirname}/works-targets.yaml`, {
    NAMESPACE: opencost.namespace,
    GROUP: group,
    ALIVE: alive,
    DEAD: dead,
  });
  // Only what was there before is dialled: what is planted is for the server itself.
  const isPlanted = ({ service }: PrometheusTarget): boolean => [alive, dead].includes(service);
  const known = (await targetsOf(context, server)).filter((target) => !isPlanted(target));
  await connections(
    context,
    prometheus.pods.flatMap(({ place }) =>
      known.flatMap(({ host, port, job }): Connection[] =>
        host === 'localhost'
          ? []
          : [{ role: 'observation', from: place, to: { kind: 'tcp', host, port }, name: `a target of ${job}`, expect: 'reached' }],
      ),
    ),
  );
  const scraped = await until('the planted targets to be scraped', { timeoutMs: firstScrapeMs, everyMs: 2000, signal }, async () => {
    const all = await targetsOf(context, server);
    const planted = all.filter(isPlanted);
    const waiting = planted.filter(({ health }) => health === 'unknown');
    return planted.length === 2 * opencost.pods.length && waiting.length === 0
      ? { done: all }
      : { notYet: `${planted.length} found, ${waiting.length} of them not yet scraped` };
  });
  const targets = await settled();
  const text = ({ job, host, port, health, error }: PrometheusTarget): string =>
    `${job} ${host}:${port} ${health}${error === '' ? '' : ` (${error})`}`;
  const own = targets.filter(({ service }) => service === alive);
  context.observe(
    noneOf(`new targets of namespace opencost that Prometheus cannot scrape, of ${own.length}`, {
      vantage: 'Prometheus',
      saw: own.filter(({ health }) => health !== 'up').map(text),
    }),
  );
  const planted = targets.filter(({ service }) => service === dead);
  context.control(
    noneOf(`new targets that answer nobody, and are not down, of ${planted.length}`, {
      vantage: 'Prometheus',
      saw: planted.filter(({ health }) => health !== 'down').map(text),
    }),
  );
  const others = targets.filter((target) => !isPlanted(target));
  const notUp = others.filter(({ health }) => health !== 'up');
  context.observe({
    ...noneOf(`targets that are not up, of ${others.length}`, { vantage: 'Prometheus', saw: notUp.map(text) }),
    ...lateIf(notUp.length > 0 && notUp.every(isLate)),
  });
  const nodes = documented.nodes.map(({ address }) => address);
  const hosts = (job: string, of: (target: PrometheusTarget) => boolean = () => true): string[] =>
    others.filter((target) => target.job === job && of(target)).map(({ host }) => host);
  context.observe(equal('kubelets among the targets', { vantage: 'Prometheus', expected: nodes, saw: hosts('kubernetes-nodes') }));
  context.observe(
    equal('node exporters among them', {
      vantage: 'Prometheus',
      expected: nodes,
      saw: hosts('kubernetes-service-endpoints', ({ service }) => service === 'prometheus-prometheus-node-exporter'),
    }),
  );
  // kube-state-metrics serves its own metrics on a second port.
  context.observe(
    equal('kube-state-metrics and OpenCost among them', {
      vantage: 'Prometheus',
      expected: ['kube-state-metrics', 'opencost'],
      saw: [
        ...(hosts('kubernetes-service-endpoints', ({ service }) => service === 'prometheus-kube-state-metrics').length > 0
          ? ['kube-state-metrics']
          : []),
        ...(hosts('opencost').length > 0 ? ['opencost'] : []),
      ],
    }),
  );
  const rest = await kubernetes.ask(server, { method: 'GET', path: '/-/ready' }, signal);
  context.control(
    equal("Prometheus's own word that it is ready", { vantage: "Prometheus's own pod", expected: '200', saw: String(rest.status) }),
  );

  /** When all are up that should be, or as they are after the longest time. */
  async function settled(): Promise<PrometheusTarget[]> {
    let seen = scraped;
    const areUp = (): boolean => seen.every((target) => isPlanted(target) || target.health === 'up');
    if (allUpWithinMs === 0 || areUp()) return seen;
    await attempt(signal, () =>
      until('all targets to be up', { timeoutMs: allUpWithinMs, everyMs: 5000, signal }, async () => {
        seen = await targetsOf(context, server);
        return areUp() ? { done: undefined } : { notYet: String(seen.filter(({ health }) => health !== 'up').length) };
      }),
    );
    return seen;
  }
}

/** Labels of the guide's charts. */
const prometheusServer = {
  namespace: 'prometheus-system',
  selector: 'app.kubernetes.io/name=prometheus,app.kubernetes.io/component=server',
  port: serverPort,
};
const opencostPods = { namespace: 'opencost', selector: 'app.kubernetes.io/name=opencost', port: opencostPort };

/** One that runs, ready or not: whether it is ready depends on what is judged here. */
async function podOf(
  { cluster }: CheckContext,
  { namespace, selector, port }: { namespace: string; selector: string; port: number },
): Promise<PodPort> {
  const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
  const running = items.find(({ metadata, status }) => status?.phase === 'Running' && metadata?.deletionTimestamp === undefined);
  if (running === undefined) throw new Error(`no pod ${selector} runs in ${namespace}`);
  return { namespace, pod: running.metadata?.name ?? '', port };
}

async function groupIn(namespace: string): Promise<EchoGroup> {
  const found = (await platform()).find((group) => group.namespace === namespace);
  if (found === undefined) throw new Error(`there are no echo pods in ${namespace}`);
  return found;
}

interface PrometheusTarget {
  readonly job: string;
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly health: string;
  readonly error: string;
}

/** Not scraped yet, or the scrape's time was over (Go: context.DeadlineExceeded). */
function isLate({ health, error }: PrometheusTarget): boolean {
  return health === 'unknown' || error.includes('context deadline exceeded');
}

/** Prometheus HTTP API, targets. */
async function targetsOf({ cluster, signal }: CheckContext, server: PodPort): Promise<PrometheusTarget[]> {
  const { status, body } = await cluster.kubernetes.ask(server, { method: 'GET', path: '/api/v1/targets?state=active' }, signal);
  if (status !== 200) throw new Error(`Prometheus does not tell its targets: HTTP ${status}`);
  const { data } = JSON.parse(body) as {
    data: {
      activeTargets: {
        scrapeUrl: string;
        scrapePool: string;
        health: string;
        lastError: string;
        discoveredLabels: Record<string, string>;
      }[];
    };
  };
  return data.activeTargets.map(({ scrapeUrl, scrapePool, health, lastError, discoveredLabels }) => {
    const { hostname, port, protocol } = new URL(scrapeUrl);
    return {
      job: scrapePool,
      service: discoveredLabels['__meta_kubernetes_service_name'] ?? '',
      host: hostname,
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      health,
      error: lastError,
    };
  });
}

function resultsIn(body: string): unknown[] {
  const answer = JSON.parse(body) as { status?: string; data?: { result?: unknown[] } };
  return answer.status === 'success' ? (answer.data?.result ?? []) : [];
}

/** A cluster that is young has no data yet. */
async function freshCost({ cluster: { kubernetes }, signal }: CheckContext, exporter: PodPort): Promise<string> {
  return until(`OpenCost to have data of the last ${newestData}`, { timeoutMs: firstDataMs, everyMs: 5000, signal }, async () => {
    const { status, body } = await kubernetes.ask(
      exporter,
      { method: 'GET', path: `/allocation?window=${newestData}&aggregate=namespace&accumulate=true` },
      signal,
    );
    const namespaces = status === 200 ? allocatedIn(body) : [];
    return namespaces.includes('opencost')
      ? { done: namespaces.join(', ') }
      : { notYet: `HTTP ${status}, ${namespaces.join(', ') || 'no namespace'}` };
  });
}

/** The namespaces that cost something, in the answer of /allocation. */
function allocatedIn(body: string): string[] {
  const { data } = JSON.parse(body) as { data?: (Record<string, { totalCost?: number }> | null)[] };
  return Object.entries(data?.[0] ?? {}).flatMap(([namespace, { totalCost = 0 }]) => (totalCost > 0 ? [namespace] : []));
}
