import { nonce } from '../../harness/engine/stable-key.ts';
import type { V1Service } from '@kubernetes/client-node';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { type FixtureContext, fixture } from '../../harness/platform/check.ts';
import type { EchoGroup } from '../fixtures/echo-group.ts';
import { neutral, platform } from '../fixtures/groups.ts';
import { assignedAddress } from '../../harness/platform/metallb/load-balancer.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import type { Target } from '../../harness/probe/probe.ts';

/**
 * A way from outside to a pod. No host outside of the cluster has a route to pods, so policies can only be put to the test
 * where something is published; what the guide publishes is three addresses.
 */
export interface Door {
  /** `opencost pods, port 9003, by w02`. */
  readonly name: string;
  /** Where the pods behind it run. */
  readonly node: string;
  /** The pod's own port. */
  readonly port: number;
  readonly to: Extract<Target, { kind: 'tcp' | 'udp' }>;
}

interface DoorRequest {
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
  /** Ports of the pods; the first one is waited for. */
  readonly ports: readonly { readonly port: number; readonly protocol?: 'TCP' | 'UDP' }[];
}

/** A Service is published within this time: kube-proxy programs it (NET-KUBE-PROXY), MetalLB announces it (NET-LB-AUTO). */
const publishedMs = 10_000;

/**
 * By which of its two ways a Service leads in: by node ports where nothing stands before the nodes, else, where their firewall
 * is in force, by an address of the load balancer, which it leaves alone. One of a run's own, that no policy protects, tells,
 * as soon as kube-proxy has it.
 */
const wayIn = fixture('the way in from outside', async ({ cluster, signal }): Promise<'node port' | 'load balancer'> => {
  const { service, pods } = await neutral();
  const address = cluster.documented.nodes.find(({ name }) => name === pods[0].node)?.address ?? '';
  const { answered } = await firstAnswer(
    cluster,
    { from: { host: 'outsider' }, to: { kind: 'tcp', host: address, port: service.nodePort ?? 0 } },
    { timeoutMs: publishedMs, signal },
  );
  return answered ? 'node port' : 'load balancer';
});

/** What a check that opens doors shares with others: addresses of the load balancer. */
export const withDoors = { uses: ['address-pools'] } as const;

/** Publishes pods that run, and waits until an administrator is led to them; what becomes of that is for the check to see. */
export async function openDoors(
  { cluster, changes, signal }: FixtureContext,
  { namespace, selector, ports }: DoorRequest,
): Promise<Door[]> {
  const manifest = ports.map(({ port, protocol = 'TCP' }) => ({
    name: `${protocol.toLowerCase()}-${port}`,
    port,
    targetPort: port,
    protocol,
  }));
  const way = await wayIn();
  // Where node ports lead in it takes no address, of which a test of the pools may want that very one.
  const values = {
    TYPE: way === 'node port' ? 'NodePort' : 'LoadBalancer',
    NAME: `conform-door-${nonce()}`,
    NAMESPACE: namespace,
    SELECTOR: JSON.stringify(selector),
    PORTS: JSON.stringify(manifest),
  };
  const [[made], nodes] = await Promise.all([
    changes.createFrom(`${import.meta.dirname}/door.yaml`, values),
    nodesOf(cluster, namespace, selector),
  ]);
  const service = made as V1Service;
  const entrances =
    way === 'node port'
      ? nodes.map(({ name, address }) => ({ node: name, by: name, address }))
      : [await balancedEntrance(cluster, service, nodes, signal)];
  const doors = entrances.flatMap(({ node, by, address }) =>
    (service.spec?.ports ?? []).map(({ port, nodePort = 0, protocol }): Door => ({
      name: `${namespace} pods, port ${port}, by ${by}`,
      node,
      port,
      to: { kind: protocol === 'UDP' ? 'udp' : 'tcp', host: address, port: way === 'node port' ? nodePort : port },
    })),
  );
  await Promise.all(
    doors
      .filter(({ port }) => port === ports[0]?.port)
      .map(({ to }) => firstAnswer(cluster, { from: { host: 'admin' }, to }, { timeoutMs: publishedMs, signal })),
  );
  return doors;
}

async function balancedEntrance(
  { kubernetes }: Cluster,
  { metadata }: V1Service,
  nodes: readonly { name: string }[],
  signal: AbortSignal,
): Promise<{ node: string; by: string; address: string }> {
  const address = await assignedAddress(
    kubernetes,
    { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' },
    { timeoutMs: publishedMs, signal },
  );
  return { node: nodes.map(({ name }) => name).join(', '), by: 'the load balancer', address };
}

async function nodesOf(
  { kubernetes, documented }: Cluster,
  namespace: string,
  selector: DoorRequest['selector'],
): Promise<Cluster['documented']['nodes']> {
  const labelSelector = Object.entries(selector)
    .map((pair) => pair.join('='))
    .join(',');
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector });
  const nodes = documented.nodes.filter(({ name }) =>
    items.some(({ spec, status }) => spec?.nodeName === name && status?.phase === 'Running'),
  );
  if (nodes.length === 0) throw new Error(`no pod ${labelSelector} runs in ${namespace}`);
  return nodes;
}

/** Doors to the echo pods of the platform's namespaces, and to some that nothing protects. */
export const echoDoors = fixture('doors to echo pods', async (context) => {
  const [groups, open] = await Promise.all([platform(), neutral()]);
  const doorsTo = ({ namespace, service: { name } }: EchoGroup): Promise<Door[]> =>
    openDoors(context, { namespace, selector: { 'conform-echo': name }, ports: [{ port: 8080 }] });
  const [unprotected, ...ofPlatform] = await Promise.all([open, ...groups].map(doorsTo));
  return { unprotected: unprotected ?? [], platform: ofPlatform.flat() };
});

/** Guide: Port Reference; ports of Longhorn's UI and manager, Canine, OpenCost's API and UI, and Prometheus. */
const ownPorts = {
  longhornUi: { namespace: 'longhorn-system', selector: { app: 'longhorn-ui' }, ports: [{ port: 8000 }] },
  longhornManager: { namespace: 'longhorn-system', selector: { app: 'longhorn-manager' }, ports: [{ port: 9500 }] },
  canine: {
    namespace: 'canine',
    selector: { 'app.kubernetes.io/name': 'canine', 'app.kubernetes.io/component': 'web' },
    ports: [{ port: 3000 }],
  },
  opencost: { namespace: 'opencost', selector: { 'app.kubernetes.io/name': 'opencost' }, ports: [{ port: 9003 }, { port: 9090 }] },
  prometheus: { namespace: 'prometheus-system', selector: { 'app.kubernetes.io/name': 'prometheus' }, ports: [{ port: 9090 }] },
} as const;

/** Doors to the platform's own pods. */
export const platformDoors = fixture(
  "doors to the platform's own pods",
  async (context): Promise<Readonly<Record<keyof typeof ownPorts, readonly Door[]>>> => {
    const [longhornUi, longhornManager, canine, opencost, prometheus] = await Promise.all(
      [ownPorts.longhornUi, ownPorts.longhornManager, ownPorts.canine, ownPorts.opencost, ownPorts.prometheus].map((request) =>
        openDoors(context, request),
      ),
    );
    return {
      longhornUi: longhornUi ?? [],
      longhornManager: longhornManager ?? [],
      canine: canine ?? [],
      opencost: opencost ?? [],
      prometheus: prometheus ?? [],
    };
  },
);
