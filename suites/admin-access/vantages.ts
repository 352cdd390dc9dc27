import { type Source, atHost } from '../../harness/probe/claims.ts';

/** Guide, Admin Source IPs: workstation, CI server, and three hosts of the VPN, its first and last among them. */
export const admins = ['admin', 'ci', 'vpn', 'vpn-first', 'vpn-last'] as const;

/** Workstation, CI server, and one host of the VPN. */
export const oneOfEachKind = ['admin', 'ci', 'vpn'] as const;

/** The addresses next to the admins' ranges, which are on no list. */
export const neighbours = ['office-9', 'office-11', 'office-19', 'office-21', 'vpn-before', 'vpn-after'] as const;

/** Hosts on no list: beyond the gateway, and on the nodes' own network. */
export const outsiders = ['outsider', 'lan'] as const;

/** The administrator's workstation. */
export const workstation = atHost('admin');

/** Hosts as sources of claims. */
export function atHosts(names: readonly string[]): Source[] {
  return names.map(atHost);
}
