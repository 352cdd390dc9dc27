import { patience } from '../../harness/engine/patience.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { until } from '../../harness/engine/waiting.ts';
import { nth, workers } from '../admin-access/documented-nodes.ts';
import type { EchoPod } from '../fixtures/echo-group.ts';
import { type AnnouncedGroup, type AnnouncedService } from './metallb/announced-services.ts';

/** Who is lost, and what is left. */
export interface Scene {
  /** A worker that announces an address. */
  readonly victim: string;
  readonly service: AnnouncedService;
  /** An address that another node announces. */
  readonly bystander: AnnouncedService;
  readonly survivors: readonly [EchoPod, EchoPod];
}

/** Of the workers that announce an address alone the one with the fewest volumes, which all have to be mounted again; undefined where there is none. */
export function sceneOf(
  { documented }: Cluster,
  { group, services }: AnnouncedGroup,
  carried: ReadonlyMap<string, number>,
): Scene | undefined {
  const isWorker = (node: string | undefined): boolean => documented.nodes.some(({ name, role }) => name === node && role === 'worker');
  const volumes = ({ nodes: [node = ''] }: AnnouncedService): number => carried.get(node) ?? 0;
  const [service] = services
    .filter(({ nodes }) => nodes.length === 1 && isWorker(nodes[0]))
    .toSorted((one, other) => volumes(one) - volumes(other));
  const victim = service?.nodes[0];
  if (service === undefined || victim === undefined) return undefined;
  const bystander = services.find(({ nodes }) => nodes.length === 1 && nodes[0] !== victim);
  const [source, target] = group.pods.filter(({ node }) => node !== victim);
  if (bystander === undefined || source === undefined || target === undefined)
    throw new Error(`${victim} announces all addresses, or two workers are not left beside it`);
  return { victim, service, bystander, survivors: [source, target] };
}

/** How many claims the pods of each node have mounted. */
export async function volumesByNode({ kubernetes }: Cluster): Promise<Map<string, number>> {
  const { items } = await kubernetes.core.listPodForAllNamespaces();
  const carried = new Map<string, number>();
  for (const { spec } of items) {
    const claims = (spec?.volumes ?? []).filter(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined).length;
    carried.set(spec?.nodeName ?? '', (carried.get(spec?.nodeName ?? '') ?? 0) + claims);
  }
  return carried;
}

/** The worker with the fewest volumes, which all have to be mounted again when it is lost. */
export async function lightestWorker(cluster: Cluster): Promise<Cluster['documented']['nodes'][number]> {
  const carried = await volumesByNode(cluster);
  const volumes = ({ name }: { readonly name: string }): number => carried.get(name) ?? 0;
  return nth(
    workers(cluster).toSorted((one, other) => volumes(one) - volumes(other)),
    0,
  );
}

/** The addresses' endpoints are on the other workers: a dead endpoint is another matter than a dead announcer. */
export async function withoutEndpointOn(
  { cluster, changes, signal }: CheckContext,
  { group, services }: AnnouncedGroup,
  victim: string,
): Promise<void> {
  const pod = group.pods.find(({ node }) => node === victim);
  if (pod === undefined) return;
  await changes.patch(
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod.pod, namespace: pod.namespace } },
    { metadata: { labels: { 'conform-echo': 'none' } } },
  );
  await until(`the endpoint on ${victim} to go`, { timeoutMs: patience('effect'), everyMs: 200, signal }, async () => {
    const { items } = await cluster.kubernetes.discovery.listNamespacedEndpointSlice({ namespace: group.namespace });
    const own = items.filter(({ metadata }) => services.some(({ name }) => name === metadata?.labels?.['kubernetes.io/service-name']));
    const still = own.filter(({ endpoints = [] }) => endpoints.some(({ nodeName }) => nodeName === victim));
    return still.length === 0 ? { done: undefined } : { notYet: `it is in ${still.length} of ${own.length} slices` };
  });
}
