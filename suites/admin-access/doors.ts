import type { V1Service } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { type FixtureContext, fixture } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { assignedAddress } from '../../harness/platform/metallb/load-balancer.ts';
import type { Destination } from '../../harness/probe/claims.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import type { Target } from '../../harness/probe/probe.ts';
import { startEchoPod } from '../fixtures/echo-group.ts';
import { neutral } from '../fixtures/groups.ts';
import { spreadOver } from './spread.ts';
import { workstation } from './vantages.ts';

/**
 * A way from outside to a pod. No host outside of the cluster has a route to pods, so policies can only be put to the test where
 * something is published; the guide publishes three addresses alone. Its name is for example `opencost, port 9003, by w02`.
 */
export interface Door extends Destination {
  /** Where the pods behind it run. */
  readonly node: string;
  /** The pod's own port. */
  readonly port: number;
  readonly target: Extract<Target, { kind: 'tcp' | 'udp' }>;
}

interface DoorPort {
  readonly port: number;
  readonly protocol?: 'TCP' | 'UDP';
  /** Nobody listens on it in the pods. */
  readonly listens?: false;
}

export interface DoorRequest {
  /** The pods in words that are the same in every run. */
  readonly name: string;
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
  /** Ports of the pods; the first one is waited for. */
  readonly ports: readonly [DoorPort, ...DoorPort[]];
}

/** The way by which a Service leads in from outside. */
export type WayIn = 'node port' | 'load balancer';

/** Every Service is published within this time, as far as it is at all. */
const { publishedMs } = promised.adminAccess;

/**
 * By which of its two ways a Service leads in: by node ports where nothing stands before the nodes, else, where their firewall
 * is in force, by an address of the load balancer, which it leaves alone. A Service of the run's own, that no policy protects,
 * tells as soon as kube-proxy has it. Those who take this open doors, and so share the load balancer's addresses with others.
 */
export const wayIn = fixture(
  { name: 'the way in from outside', resources: ['address-pools'], from: { neutral } },
  async ({ cluster, signal }, { neutral: { service, pods } }): Promise<WayIn> => {
    const address = cluster.documented.nodes.find(({ name }) => name === pods[0].node)?.address ?? '';
    const { answered } = await firstAnswer(
      cluster,
      { from: { host: 'outsider' }, to: { kind: 'tcp', host: address, port: service.nodePort ?? 0 } },
      { timeoutMs: publishedMs, signal },
    );
    return answered ? 'node port' : 'load balancer';
  },
);

/** Publishes pods that run, and waits until an administrator is led to them; the check sees by itself whether that happened. */
export async function openDoors(context: FixtureContext, way: WayIn, request: DoorRequest): Promise<Door[]> {
  const { cluster, signal } = context;
  const [service, nodes] = await Promise.all([publish(context, way, request), nodesOf(cluster, request)]);
  const entrances =
    way === 'node port'
      ? nodes.map(({ name, address }) => ({ node: name, by: name, address }))
      : [await balancedEntrance(context, service, nodes)];
  const doors = entrances.flatMap((entrance) => doorsAt(entrance, { way, service, request }));
  await Promise.all(
    doors
      .filter(({ port }) => port === request.ports[0].port)
      .map(({ target }) => firstAnswer(cluster, { from: workstation.place, to: target }, { timeoutMs: publishedMs, signal })),
  );
  return doors;
}

async function publish({ changes }: FixtureContext, way: WayIn, { namespace, selector, ports }: DoorRequest): Promise<V1Service> {
  const manifest = ports.map(({ port, protocol = 'TCP' }) => ({
    name: `${protocol.toLowerCase()}-${port}`,
    port,
    targetPort: port,
    protocol,
  }));
  const [made] = await changes.createFrom(`${import.meta.dirname}/door.yaml`, {
    // Where node ports lead in it takes no address, of which a test of the pools may want that very one.
    TYPE: way === 'node port' ? 'NodePort' : 'LoadBalancer',
    NAME: `conform-door-${nonce()}`,
    NAMESPACE: namespace,
    SELECTOR: JSON.stringify(selector),
    PORTS: JSON.stringify(manifest),
  });
  return made as V1Service;
}

interface Entrance {
  readonly node: string;
  readonly by: string;
  readonly address: string;
}

function doorsAt(
  { node, by, address }: Entrance,
  { way, service, request }: { way: WayIn; service: V1Service; request: DoorRequest },
): Door[] {
  return (service.spec?.ports ?? []).map(({ port, nodePort = 0, protocol }): Door => {
    const at = { host: address, port: way === 'node port' ? nodePort : port };
    const isClosed = request.ports.some((each) => each.port === port && each.listens === false);
    return {
      name: `${request.name}, port ${port}, by ${by}`,
      node,
      port,
      target: protocol === 'UDP' ? { kind: 'udp', ...at } : { kind: 'tcp', ...at, ...(isClosed ? { listens: false } : {}) },
    };
  });
}

async function balancedEntrance(
  { cluster: { kubernetes }, signal }: FixtureContext,
  { metadata }: V1Service,
  nodes: readonly { name: string }[],
): Promise<Entrance> {
  const place = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
  const address = await assignedAddress(kubernetes, place, { timeoutMs: publishedMs, signal });
  return { node: nodes.map(({ name }) => name).join(', '), by: 'the load balancer', address };
}

async function nodesOf({ kubernetes, documented }: Cluster, { namespace, selector }: DoorRequest): Promise<Cluster['documented']['nodes']> {
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

/** A request for a door to one echo pod. */
export function toEchoPod(
  { name, namespace, pod }: { readonly name: string; readonly namespace: string; readonly pod: string },
  ports: DoorRequest['ports'] = [{ port: 8080 }],
): DoorRequest {
  return { name, namespace, selector: { 'conform-pod': pod }, ports };
}

/**
 * Doors to echo pods of the platform, so that each of its namespaces and each Ready worker has one, and to one that nothing
 * protects.
 */
export const echoDoors = fixture(
  { name: 'doors to echo pods', from: { neutral, wayIn } },
  async (context, { neutral: open, wayIn: way }): Promise<{ unprotected: readonly Door[]; platform: readonly Door[] }> => {
    const places = spreadOver(
      context.cluster.documented.platformNamespaces,
      open.pods.map(({ node }) => node),
    );
    const [unprotected, ...platform] = await Promise.all([
      openDoors(context, way, toEchoPod({ ...open.pods[0], name: 'an unprotected pod' })),
      ...places.map(async ({ namespace, node }) => {
        const pod = await startEchoPod(context, { namespace, node });
        return openDoors(context, way, toEchoPod({ ...pod, name: `echo pod of ${namespace} on ${node}` }));
      }),
    ]);
    return { unprotected, platform: platform.flat() };
  },
);

/** Guide: Port Reference; ports of Longhorn's UI and manager, Canine, OpenCost's API and UI, and Prometheus. */
const ownPorts = {
  longhornUi: { name: 'Longhorn UI', namespace: 'longhorn-system', selector: { app: 'longhorn-ui' }, ports: [{ port: 8000 }] },
  longhornManager: {
    name: 'Longhorn manager',
    namespace: 'longhorn-system',
    selector: { app: 'longhorn-manager' },
    ports: [{ port: 9500 }],
  },
  canine: {
    name: 'Canine',
    namespace: 'canine',
    selector: { 'app.kubernetes.io/name': 'canine', 'app.kubernetes.io/component': 'web' },
    ports: [{ port: 3000 }],
  },
  opencost: {
    name: 'OpenCost',
    namespace: 'opencost',
    selector: { 'app.kubernetes.io/name': 'opencost' },
    ports: [{ port: 9003 }, { port: 9090 }],
  },
  prometheus: {
    name: 'Prometheus',
    namespace: 'prometheus-system',
    selector: { 'app.kubernetes.io/name': 'prometheus' },
    ports: [{ port: 9090 }],
  },
} as const satisfies Readonly<Record<string, DoorRequest>>;

/** Doors to the platform's own pods. */
export const platformDoors = fixture(
  { name: "doors to the platform's own pods", from: { wayIn } },
  async (context, { wayIn: way }): Promise<Readonly<Record<keyof typeof ownPorts, readonly Door[]>>> => {
    const [longhornUi, longhornManager, canine, opencost, prometheus] = await Promise.all([
      openDoors(context, way, ownPorts.longhornUi),
      openDoors(context, way, ownPorts.longhornManager),
      openDoors(context, way, ownPorts.canine),
      openDoors(context, way, ownPorts.opencost),
      openDoors(context, way, ownPorts.prometheus),
    ]);
    return { longhornUi, longhornManager, canine, opencost, prometheus };
  },
);
