import type { Cluster } from '../../../harness/platform/cluster.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import type { CalicoPeer, CalicoPolicySpec, CalicoRule } from '../../fixtures/calico/policy-spec.ts';

/** A GlobalNetworkPolicy of projectcalico.org/v3, by the guide's name for it. */
export interface GlobalPolicy {
  readonly name: string;
  readonly spec: CalicoPolicySpec;
}

/** By Calico's own API, by the names that the guide gives them: some releases put the tier's name before. */
export async function globalPolicies({ kubernetes }: Pick<Cluster, 'kubernetes'>, signal: AbortSignal): Promise<GlobalPolicy[]> {
  const { status, body, message } = await kubernetes.request(
    { method: 'GET', path: '/apis/projectcalico.org/v3/globalnetworkpolicies' },
    signal,
  );
  if (status !== 200) throw new Error(`GlobalNetworkPolicies cannot be listed: ${status} ${message}`);
  const { items } = body as { items: { metadata: { name: string }; spec: CalicoPolicySpec }[] };
  return items.map(({ metadata, spec }) => ({ name: metadata.name.replace(/^default\./, ''), spec }));
}

/** A policy with this selector as the API would keep it, without keeping it. Throws when it refuses. */
export async function dryRunPolicy(
  { kubernetes }: Pick<Cluster, 'kubernetes'>,
  selector: string,
  signal: AbortSignal,
): Promise<GlobalPolicy> {
  const [body] = await readManifest(`${import.meta.dirname}/planted-policy.yaml`, { SELECTOR: JSON.stringify(selector) });
  if (body === undefined) throw new Error('planted-policy.yaml holds no object');
  const answer = await kubernetes.request(
    { method: 'POST', path: '/apis/crd.projectcalico.org/v1/globalnetworkpolicies?dryRun=All', body },
    signal,
  );
  if (answer.status !== 201) throw new Error(`a planted policy was refused: ${answer.status} ${answer.message}`);
  const { metadata, spec } = answer.body as { metadata: { name: string }; spec: CalicoPolicySpec };
  return { name: metadata.name, spec };
}

/** A policy's rules in words, each with its direction: `ingress Deny TCP to 192.168.29.10/32 port 6443`. */
export function ruleTexts({ ingress = [], egress = [] }: CalicoPolicySpec): string[] {
  return [...ingress.map((rule) => `ingress ${ruleText(rule)}`), ...egress.map((rule) => `egress ${ruleText(rule)}`)];
}

/** The same for rules that mean the same. */
function ruleText({ action, protocol, notProtocol, source, destination }: CalicoRule): string {
  return [
    action,
    ...(protocol === undefined ? [] : [String(protocol)]),
    ...(notProtocol === undefined ? [] : [`but ${notProtocol}`]),
    ...peerText('from', source),
    ...peerText('to', destination),
  ].join(' ');
}

function peerText(word: 'from' | 'to', peer: CalicoPeer = {}): string[] {
  const { nets, notNets, ports, notPorts, selector, notSelector, namespaceSelector, serviceAccounts, services } = peer;
  const parts = [
    ...(nets === undefined ? [] : [nets.toSorted().join(', ')]),
    ...(notNets === undefined ? [] : [`but ${notNets.toSorted().join(', ')}`]),
    ...(namespaceSelector === undefined ? [] : [`namespaces ${namespaceSelector}`]),
    ...(selector === undefined ? [] : [`pods ${selector}`]),
    ...(notSelector === undefined ? [] : [`but pods ${notSelector}`]),
    ...(serviceAccounts === undefined ? [] : [`service accounts ${JSON.stringify(serviceAccounts)}`]),
    ...(services === undefined ? [] : [`services ${JSON.stringify(services)}`]),
    ...(ports === undefined ? [] : [`port ${ports.join(', ')}`]),
    ...(notPorts === undefined ? [] : [`but port ${notPorts.join(', ')}`]),
  ];
  return parts.length === 0 ? [] : [word, ...parts];
}
