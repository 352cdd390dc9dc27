import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { EtcdMember, ResourceMessage, ServiceInfo } from '../../../../harness/platform/talos/messages.ts';
import { resourceOf } from '../../../../harness/platform/talos/resource.ts';
import { administrator } from '../node/credentials.ts';
import type { Machine } from '../node/machine.ts';
import { Refusal } from './refusal.ts';

/** What a health check is asked with (cluster.HealthCheckRequest). */
export interface HealthRequest {
  readonly waitTimeout: { readonly seconds: string } | null;
  readonly clusterInfo: { readonly controlPlaneNodes: readonly string[]; readonly workerNodes: readonly string[] } | null;
}

/** Asks another node, or this one, for the one message of an answer, or for a node's resources of a type. */
export interface NodesAsked {
  one<T>(address: string, method: string): Promise<T>;
  resources(address: string, type: { type: string; namespace: string }): Promise<ResourceMessage[]>;
}

/** The reason why it does not hold, or nothing. */
type Check = () => Promise<string | undefined>;

/**
 * The checks of etcd, of Talos's services and of the Kubernetes nodes, each waited for until the time is over (Talos v1.11:
 * pkg/cluster/check). Gives a line for each, as Talos does; throws at the first that does not come to hold.
 */
export async function* healthCheck(
  { waitTimeout, clusterInfo }: HealthRequest,
  machine: Machine,
  nodes: NodesAsked,
): AsyncGenerator<string> {
  if (!machine.configuration.isControlPlane)
    throw new Refusal(status.UNIMPLEMENTED, 'cluster health check is only available on control plane nodes');
  const known = (role: string): string[] => machine.hardware.members.filter((each) => each.role === role).map(({ address }) => address);
  const given = (addresses: readonly string[] | undefined, role: string): readonly string[] =>
    addresses === undefined || addresses.length === 0 ? known(role) : addresses;
  const planes = given(clusterInfo?.controlPlaneNodes, 'controlplane');
  const all = [...planes, ...given(clusterInfo?.workerNodes, 'worker')];
  const checks: [string, Check][] = [
    ['etcd to be healthy', async () => servicesRun(nodes, planes, 'etcd')],
    ['etcd members to be control plane nodes', async () => etcdMembers(nodes, planes)],
    ['apid to be ready', async () => servicesRun(nodes, all, 'apid')],
    ['kubelet to be healthy', async () => servicesRun(nodes, all, 'kubelet')],
    ['all nodes to finish boot sequence', async () => booted(nodes, all)],
    ['all k8s nodes to report ready', async () => kubernetesNodesAre(machine, 'ready')],
    ['all k8s nodes to report schedulable', async () => kubernetesNodesAre(machine, 'schedulable')],
  ];
  const deadline = Date.now() + Number(waitTimeout?.seconds ?? 0) * 1000;
  for (const [what, holds] of checks) {
    yield `waiting for ${what}: ...`;
    await comesToHold(what, holds, deadline);
    yield `waiting for ${what}: OK`;
  }
}

async function comesToHold(what: string, holds: Check, deadline: number): Promise<void> {
  for (;;) {
    // A node that does not answer is a reason like any other: the wait goes on.
    const reason = await holds().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (reason === undefined) return;
    if (Date.now() >= deadline) throw new Error(`healthcheck error: ${what}: ${reason}`);
    await delay(1000);
  }
}

async function servicesRun(nodes: NodesAsked, addresses: readonly string[], id: string): Promise<string | undefined> {
  for (const address of addresses) {
    const { services } = await nodes.one<{ services: ServiceInfo[] }>(address, 'ServiceList');
    if (services.find((each) => each.id === id)?.health?.healthy !== true) return `${address}: service ${id} is not healthy`;
  }
  return undefined;
}

async function etcdMembers(nodes: NodesAsked, planes: readonly string[]): Promise<string | undefined> {
  for (const address of planes) {
    const { members } = await nodes.one<{ members: EtcdMember[] }>(address, 'EtcdMemberList');
    const hosts = members.map(({ clientUrls: [url] }) => (url === undefined ? 'a member that has never started' : new URL(url).hostname));
    if (hosts.toSorted().join() !== planes.toSorted().join()) return `${address}: etcd members are ${hosts.join(', ')}`;
  }
  return undefined;
}

async function booted(nodes: NodesAsked, addresses: readonly string[]): Promise<string | undefined> {
  for (const address of addresses) {
    const [message] = await nodes.resources(address, { type: 'MachineStatuses.runtime.talos.dev', namespace: 'runtime' });
    const spec = message === undefined ? undefined : resourceOf<{ stage: string; status: { ready: boolean } }>(message).spec;
    if (spec?.stage !== 'running' || !spec.status.ready) return `${address}: stage ${spec?.stage ?? 'unknown'}, not ready`;
  }
  return undefined;
}

interface KubernetesNode {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function kubernetesNodesAre(machine: Machine, what: 'ready' | 'schedulable'): Promise<string | undefined> {
  const isWell = ({ spec, status: { conditions = [] } = {} }: KubernetesNode): boolean =>
    what === 'schedulable' ? spec?.unschedulable !== true : conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  const others = (await kubernetesNodes(machine)).filter((node) => !isWell(node)).map(({ metadata }) => metadata.name);
  return others.length === 0 ? undefined : `nodes ${others.join(', ')} are not ${what}`;
}

const apiDeadlineMs = 10_000;

/** From the node's own API server, as the administrator. */
async function kubernetesNodes({ configuration }: Machine): Promise<KubernetesNode[]> {
  const { ca, certificate, key } = await administrator(configuration);
  const text = await new Promise<string>((resolve, reject) => {
    const asked = request('https://127.0.0.1:6443/api/v1/nodes', { ca, cert: certificate, key, timeout: apiDeadlineMs }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('error', reject);
      answer.once('end', () => resolve(Buffer.concat(parts).toString()));
    });
    asked.once('timeout', () => asked.destroy(new Error('the Kubernetes API did not answer')));
    asked.once('error', reject);
    asked.end();
  });
  return (JSON.parse(text) as { items?: KubernetesNode[] }).items ?? [];
}
