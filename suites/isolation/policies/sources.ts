import type { Destination, Source } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import type { EchoGroup, EchoPod } from '../../fixtures/echo-group.ts';
import { fromGroup, sourceName, toKind } from '../../fixtures/matrix-parts.ts';
import { tenantNames } from '../../fixtures/names.ts';

export type TenantName = (typeof tenantNames)[number];

/** Both directions between the guide's two tenants. */
export const bothDirections: readonly (readonly [from: TenantName, to: TenantName])[] = [
  ['alice', 'bob'],
  ['bob', 'alice'],
];

/** A pod of a group as a source, under the name that it has in the connection matrix. */
export function podSource(group: string, { node, place }: EchoPod): Source {
  return { name: sourceName({ kind: 'pod', group, of: 'tenant', node, isFirst: false }), place };
}

/** All pods of a group as sources. */
export function podSources(group: string, { pods }: Pick<EchoGroup, 'pods'> | { readonly pods: readonly EchoPod[] }): Source[] {
  return pods.map((pod) => podSource(group, pod));
}

/** The web server of a pod as a target. */
export function webOf(group: string, { node, tcp }: EchoPod): Destination {
  return { name: `${group} pod on ${node} port 8080/tcp`, target: tcp };
}

/** A ping of a pod. */
export function pingOf(group: string, { node, address }: EchoPod): Destination {
  return { name: `${group} pod on ${node} by ping`, target: { kind: 'icmp', host: address } };
}

/** The pods of a tenant on every worker, as sources. */
export function sourcesIn(matrix: ConnectionMatrix, tenant: TenantName, workers: number): readonly Source[] {
  return matrix.sources(fromGroup(tenant), workers);
}

/** The web servers of a tenant's pods on every worker: its own pods reach them, which is the first anchor of its denials. */
export function websIn(matrix: ConnectionMatrix, tenant: TenantName, workers: number): readonly Destination[] {
  return matrix.targets(
    toKind('pod', ({ group, protocol, listens }) => group === tenant && protocol === 'tcp' && listens),
    workers,
  );
}

/** A UDP port of a pod that nobody listens on (discard, RFC 863): a datagram that comes through is answered by a refusal. */
export function closedUdpOf(group: string, { node, address }: EchoPod): Destination {
  return { name: `${group} pod on ${node} port 9/udp`, target: { kind: 'udp', host: address, port: 9, listens: false } };
}
