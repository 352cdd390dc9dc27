import { run } from '../node/run.ts';

/** A network card as ip(8) shows it. */
export interface Link {
  readonly ifindex: number;
  readonly ifname: string;
  readonly altnames?: readonly string[];
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly qdisc: string;
  readonly operstate: string;
  readonly link_type: string;
  readonly link_index?: number;
  readonly address?: string;
  readonly broadcast?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly LinkAddress[];
}

export interface LinkAddress {
  readonly family: 'inet' | 'inet6';
  readonly local: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
  readonly scope: string;
}

export interface IpRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
  readonly protocol?: string;
  readonly scope?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
}

export async function links(): Promise<Link[]> {
  return JSON.parse(await run('ip', ['-j', '-d', 'address', 'show'])) as Link[];
}

export async function routes(): Promise<IpRoute[]> {
  return JSON.parse(await run('ip', ['-j', '-4', 'route', 'show', 'table', 'main'])) as IpRoute[];
}

/** The configuration names the card ens192; on a node of the lab that is its other name. */
export function linkNamed(all: readonly Link[], name: string): Link | undefined {
  return all.find(({ ifname, altnames = [] }) => ifname === name || altnames.includes(name));
}
