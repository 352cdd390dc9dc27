import type { Cluster } from '../../../harness/cluster/cluster.ts';
import type { Selecting } from './endpoints.ts';

/** GlobalNetworkPolicy of projectcalico.org/v3, as far as these checks read it. */
export interface GlobalPolicy {
  readonly name: string;
  readonly spec: Selecting & {
    readonly order?: number;
    readonly tier?: string;
    readonly applyOnForward?: boolean;
    readonly types?: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

interface Peer {
  readonly nets?: readonly string[];
  readonly ports?: readonly (number | string)[];
  readonly selector?: string;
  readonly namespaceSelector?: string;
}

interface Rule {
  readonly action: string;
  readonly protocol?: string | number;
  readonly source?: Peer;
  readonly destination?: Peer;
}

/** By Calico's own API, by the names that the guide gives them: some releases put the tier's name before. */
export async function globalPolicies({ kubernetes }: Pick<Cluster, 'kubernetes'>, signal: AbortSignal): Promise<GlobalPolicy[]> {
  const { status, body, message } = await kubernetes.request({ method: 'GET', path: '/apis/projectcalico.org/v3/globalnetworkpolicies' }, signal);
  if (status !== 200) throw new Error(`GlobalNetworkPolicies cannot be listed: ${status} ${message}`);
  const { items } = body as { items: { metadata: { name: string }; spec: GlobalPolicy['spec'] }[] };
  return items.map(({ metadata, spec }) => ({ name: metadata.name.replace(/^default\./, ''), spec }));
}

/** A rule in words, the same for rules that mean the same: `Deny TCP to 192.168.29.10/32 port 6443`. */
export function ruleText({ action, protocol, source, destination }: Rule): string {
  return [action, ...(protocol === undefined ? [] : [String(protocol)]), ...peerText('from', source), ...peerText('to', destination)].join(' ');
}

function peerText(word: 'from' | 'to', { nets, ports, selector, namespaceSelector }: Peer = {}): string[] {
  const parts = [
    ...(nets === undefined ? [] : [nets.toSorted().join(', ')]),
    ...(namespaceSelector === undefined ? [] : [`namespaces ${namespaceSelector}`]),
    ...(selector === undefined ? [] : [`pods ${selector}`]),
    ...(ports === undefined ? [] : [`port ${ports.join(', ')}`]),
  ];
  return parts.length === 0 ? [] : [word, ...parts];
}
