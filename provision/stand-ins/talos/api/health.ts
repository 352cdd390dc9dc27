import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import type { EtcdMember, ResourceMessage, ServiceInfo } from '../../../../harness/platform/talos/messages.ts';
import { resourceOf } from '../../../../harness/platform/talos/resource.ts';
import type { Machine } from '../node/machine.ts';
import { askForNodes, whyNotAll } from './kubernetes-nodes.ts';
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
    ['all k8s nodes to report ready', async () => whyNotAll(await askForNodes(machine), { what: 'ready', expected: all.length })],
    [
      'all k8s nodes to report schedulable',
      async () => whyNotAll(await askForNodes(machine), { what: 'schedulable', expected: all.length }),
    ],
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
