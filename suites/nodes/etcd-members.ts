import type { DocumentedNode } from '../../guide/cluster.ts';
import type { EtcdMember, EtcdStatus } from '../../harness/platform/talos/messages.ts';

/** etcd's port for its members (etcd: configuration, listen-peer-urls). */
const peerPort = 2380;

/**
 * All that is wrong with a list of members, in words; none when each control plane is a started voting member and nobody else is a
 * member. A member that was added and never started has neither a name nor an address for clients, and counts for the quorum all
 * the same (etcd: runtime reconfiguration).
 */
export function memberFaults(members: readonly EtcdMember[], controlPlanes: readonly Pick<DocumentedNode, 'name' | 'address'>[]): string[] {
  const missing = controlPlanes.filter(({ name }) => members.every(({ hostname }) => hostname !== name));
  return [...members.flatMap((member) => faultsOf(member, controlPlanes)), ...missing.map(({ name }) => `${name} is no member`)];
}

function faultsOf(
  { id, hostname, peerUrls, clientUrls, isLearner }: EtcdMember,
  controlPlanes: readonly Pick<DocumentedNode, 'name' | 'address'>[],
): string[] {
  const who = `${hostname || 'a member without a name'} (${peerUrls.join(', ') || id})`;
  if (hostname === '' || clientUrls.length === 0) return [`${who} has never started`];
  const node = controlPlanes.find(({ name }) => name === hostname);
  if (node === undefined) return [`${who} is no control plane`];
  const isAtHome = peerUrls.includes(`https://${node.address}:${peerPort}`);
  return [...(isAtHome ? [] : [`${who} is not at ${node.address}`]), ...(isLearner ? [`${who} has no vote`] : [])];
}

/** How many members a cluster of this size may lose (etcd: FAQ, failure tolerance). */
export function mayLose(members: number): number {
  return Math.floor((members - 1) / 2);
}

/** The entries by which the members' logs are apart: the raft index of the foremost less that of the last. */
export function entriesApart(statuses: readonly Pick<EtcdStatus, 'raftIndex'>[]): number {
  const indexes = statuses.map(({ raftIndex }) => BigInt(raftIndex));
  const [first = 0n, ...rest] = indexes;
  const foremost = rest.reduce((most, each) => (each > most ? each : most), first);
  const last = rest.reduce((least, each) => (each < least ? each : least), first);
  return Number(foremost - last);
}
