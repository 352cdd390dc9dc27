import type { Cluster } from '../cluster.ts';
import type { PodPort } from '../kubernetes/port-forward.ts';

/** Pods by a label, and their port. */
export interface PodsWithPort {
  readonly namespace: string;
  readonly selector: string;
  readonly port: number;
}

/** Labels and port of the guide's chart. */
export const prometheusServer: PodsWithPort = {
  namespace: 'prometheus-system',
  selector: 'app.kubernetes.io/name=prometheus,app.kubernetes.io/component=server',
  port: 9090,
};

/** One that runs, ready or not: whether it is ready depends on the promise that is judged. Throws when there is none. */
export async function livingPod(
  { kubernetes }: Pick<Cluster, 'kubernetes'>,
  { namespace, selector, port }: PodsWithPort,
): Promise<PodPort> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
  const running = items.find(({ metadata, status }) => status?.phase === 'Running' && metadata?.deletionTimestamp === undefined);
  if (running === undefined) throw new Error(`no pod ${selector} runs in ${namespace}`);
  return { namespace, pod: running.metadata?.name ?? '', port };
}

export interface PrometheusTarget {
  readonly job: string;
  readonly service: string;
  /** The node or pod that is scraped, in words that are the same in every run where Prometheus knows them. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly health: string;
  readonly error: string;
}

interface ActiveTarget {
  readonly scrapeUrl: string;
  readonly scrapePool: string;
  readonly health: string;
  readonly lastError: string;
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

/** Prometheus HTTP API, targets. Throws when it does not tell them. */
export async function targetsOf(
  { kubernetes }: Pick<Cluster, 'kubernetes'>,
  server: PodPort,
  signal: AbortSignal,
): Promise<PrometheusTarget[]> {
  const { status, body } = await kubernetes.ask(server, { method: 'GET', path: '/api/v1/targets?state=active' }, signal);
  if (status !== 200) throw new Error(`Prometheus does not tell its targets: HTTP ${status}`);
  return parsedTargets(body);
}

/** The targets in an answer, each with a name. */
export function parsedTargets(body: string): PrometheusTarget[] {
  const { data } = JSON.parse(body) as { data: { activeTargets: ActiveTarget[] } };
  return data.activeTargets.map(({ scrapeUrl, scrapePool, health, lastError, discoveredLabels: labels }) => {
    const { hostname, port, protocol } = new URL(scrapeUrl);
    const service = labels['__meta_kubernetes_service_name'] ?? '';
    const node =
      labels['__meta_kubernetes_pod_node_name'] ?? labels['__meta_kubernetes_node_name'] ?? labels['__meta_kubernetes_endpoint_node_name'];
    const number = Number(port || (protocol === 'https:' ? 443 : 80));
    const of = [scrapePool, service].filter((each, index, all) => each !== '' && all.indexOf(each) === index).join(' ');
    return {
      job: scrapePool,
      service,
      name: `${of} port ${number}${node === undefined ? '' : ` on ${node}`}`,
      host: hostname,
      port: number,
      health,
      error: lastError,
    };
  });
}

/** Not scraped yet, or the scrape's time was over (Go: context.DeadlineExceeded). */
export function isLate({ health, error }: PrometheusTarget): boolean {
  return health === 'unknown' || error.includes('context deadline exceeded');
}
