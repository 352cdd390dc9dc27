import type { Cluster } from '../../harness/cluster/cluster.ts';
import type { Connection } from '../../harness/vantage/connections.ts';

/** Guide: Admin Source IPs. The VPN by three of its hosts: the first, the last, and one between. */
export const adminHosts = ['admin', 'ci', 'vpn', 'vpn-first', 'vpn-last'] as const;

/** Neighbours of the admin addresses and ranges, which no list admits. */
export const neighbours = ['office-9', 'office-11', 'office-19', 'office-21', 'vpn-before', 'vpn-after'] as const;

/** Whoever is on no list: a host of the office, one on the nodes' own network, and those next to the admins. */
export const unlistedHosts = ['outsider', 'lan', ...neighbours] as const;

export function controlPlanes({ documented }: Pick<Cluster, 'documented'>): Cluster['documented']['nodes'] {
  return documented.nodes.filter(({ role }) => role === 'control-plane');
}

export function workers({ documented }: Pick<Cluster, 'documented'>): Cluster['documented']['nodes'] {
  return documented.nodes.filter(({ role }) => role === 'worker');
}

/** No node has a port that is open to all, but all answer ping: packets of these hosts do get there and back. */
export function pings(nodes: Cluster['documented']['nodes'], hosts: readonly string[]): Connection[] {
  return hosts.flatMap((host) => nodes.map(({ name, address }): Connection => ({ role: 'control', from: { host }, to: { kind: 'icmp', host: address }, name, expect: 'reached' })));
}
