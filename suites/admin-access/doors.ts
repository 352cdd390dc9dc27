import { randomBytes } from 'node:crypto';
import type { V1Service } from '@kubernetes/client-node';
import type { Cluster } from '../../harness/cluster/cluster.ts';
import { type FixtureContext, fixture } from '../../harness/fixture.ts';
import type { EchoGroup } from '../../harness/fixtures/echo-group.ts';
import { neutral, platform } from '../../harness/fixtures/groups.ts';
import { firstAnswer } from '../../harness/vantage/first-answer.ts';
import type { Target } from '../../harness/vantage/probe.ts';

/**
 * A way from outside to a pod, at the node that it runs on. No host outside of the cluster has a route to pods, so policies
 * can only be put to the test where something is published; what the guide publishes is three addresses.
 */
export interface Door {
  /** `opencost pods at w02`. */
  readonly name: string;
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

/** kube-proxy programs a change within this time (NET-KUBE-PROXY). */
const programmedMs = 10_000;

/** Publishes pods that run, and waits until an administrator is led to them; what becomes of that is for the check to see. */
export async function openDoors({ cluster, changes, signal }: FixtureContext, { namespace, selector, ports }: DoorRequest): Promise<Door[]> {
  const manifest = ports.map(({ port, protocol = 'TCP' }) => ({ name: `${protocol.toLowerCase()}-${port}`, port, targetPort: port, protocol }));
  const values = { NAME: `conform-door-${randomBytes(3).toString('hex')}`, NAMESPACE: namespace, SELECTOR: JSON.stringify(selector), PORTS: JSON.stringify(manifest) };
  const [[made], nodes] = await Promise.all([changes.createFrom(`${import.meta.dirname}/door.yaml`, values), nodesOf(cluster, namespace, selector)]);
  const published = ((made as V1Service).spec?.ports ?? []).flatMap(({ port, nodePort, protocol }) => (nodePort === undefined ? [] : [{ port, nodePort, kind: protocol === 'UDP' ? ('udp' as const) : ('tcp' as const) }]));
  const doors = nodes.flatMap(({ name, address }) => published.map(({ port, nodePort, kind }): Door => ({ name: `${namespace} pods, port ${port}, by ${name}`, node: name, port, to: { kind, host: address, port: nodePort } })));
  await Promise.all(doors.filter(({ port }) => port === ports[0]?.port).map(({ to }) => firstAnswer(cluster, { from: { host: 'admin' }, to }, { timeoutMs: programmedMs, signal })));
  return doors;
}

async function nodesOf({ kubernetes, documented }: Cluster, namespace: string, selector: DoorRequest['selector']): Promise<Cluster['documented']['nodes']> {
  const labelSelector = Object.entries(selector).map((pair) => pair.join('=')).join(',');
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector });
  const nodes = documented.nodes.filter(({ name }) => items.some(({ spec, status }) => spec?.nodeName === name && status?.phase === 'Running'));
  if (nodes.length === 0) throw new Error(`no pod ${labelSelector} runs in ${namespace}`);
  return nodes;
}

/** Doors to the echo pods of the platform's namespaces, and to some that nothing protects. */
export const echoDoors = fixture('doors to echo pods', async (context) => {
  const [groups, open] = await Promise.all([platform(), neutral()]);
  const doorsTo = ({ namespace, service: { name } }: EchoGroup): Promise<Door[]> => openDoors(context, { namespace, selector: { 'conform-echo': name }, ports: [{ port: 8080 }] });
  const [unprotected, ...ofPlatform] = await Promise.all([open, ...groups].map(doorsTo));
  return { unprotected: unprotected ?? [], platform: ofPlatform.flat() };
});

/** Guide: Port Reference; ports of Longhorn's UI and manager, Canine, OpenCost's API and UI, and Prometheus. */
const ownPorts = {
  longhornUi: { namespace: 'longhorn-system', selector: { app: 'longhorn-ui' }, ports: [{ port: 8000 }] },
  longhornManager: { namespace: 'longhorn-system', selector: { app: 'longhorn-manager' }, ports: [{ port: 9500 }] },
  canine: { namespace: 'canine', selector: { 'app.kubernetes.io/name': 'canine', 'app.kubernetes.io/component': 'web' }, ports: [{ port: 3000 }] },
  opencost: { namespace: 'opencost', selector: { 'app.kubernetes.io/name': 'opencost' }, ports: [{ port: 9003 }, { port: 9090 }] },
  prometheus: { namespace: 'prometheus-system', selector: { 'app.kubernetes.io/name': 'prometheus' }, ports: [{ port: 9090 }] },
} as const;

/** Doors to the platform's own pods. */
export const platformDoors = fixture("doors to the platform's own pods", async (context): Promise<Readonly<Record<keyof typeof ownPorts, readonly Door[]>>> => {
  const [longhornUi, longhornManager, canine, opencost, prometheus] = await Promise.all([ownPorts.longhornUi, ownPorts.longhornManager, ownPorts.canine, ownPorts.opencost, ownPorts.prometheus].map((request) => openDoors(context, request)));
  return { longhornUi: longhornUi ?? [], longhornManager: longhornManager ?? [], canine: canine ?? [], opencost: opencost ?? [], prometheus: prometheus ?? [] };
});
