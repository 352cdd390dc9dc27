import type { Labels } from '../../fixtures/calico/selector.ts';
import { type Direction, type Policy, type PolicyNamespace, holdsPodAddress } from './policy-model.ts';
import { type PortRange, anyPort } from './port-ranges.ts';

/** A label selector of Kubernetes (meta/v1 LabelSelector); an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

interface Peer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

/** A NetworkPolicy as it is written in a manifest (networking.k8s.io/v1). */
export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly Port[] }[];
    readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly Port[] }[];
  };
}

/** Reads a NetworkPolicy as the API's documentation defines it. `podNetworks`: where pods have their addresses. */
export function kubernetesPolicy({ metadata: { name, namespace }, spec }: NetworkPolicy, podNetworks: readonly string[]): Policy {
  const { podSelector = {}, ingress = [], egress = [] } = spec;
  const types = spec.policyTypes ?? ['Ingress', ...(egress.length > 0 ? ['Egress'] : [])];
  const rule = (direction: Direction, peers: readonly Peer[], ports: readonly Port[]): Policy['allows'][number] => ({
    direction,
    ports: ports.length === 0 ? anyPort : ports.map(portRange),
    // Without peers a rule is for everybody.
    admits: (other) => peers.length === 0 || peers.some((peer) => admits(peer, { namespace, other, podNetworks })),
  });
  return {
    name: `NetworkPolicy ${namespace}/${name}`,
    isolates: (['ingress', 'egress'] as const).filter((direction) => types.some((type) => type.toLowerCase() === direction)),
    selects: (own) => {
      if (own.name !== namespace) return 'none';
      return isEmpty(podSelector) ? 'every pod' : 'some pods';
    },
    allows: [
      ...ingress.map(({ from = [], ports = [] }) => rule('ingress', from, ports)),
      ...egress.map(({ to = [], ports = [] }) => rule('egress', to, ports)),
    ],
  };
}

/** A selector of pods narrows nothing: the other tenant gives its pods the labels that it likes. */
function admits(
  { ipBlock, namespaceSelector }: Peer,
  { namespace, other, podNetworks }: { namespace: string; other: PolicyNamespace; podNetworks: readonly string[] },
): boolean {
  if (ipBlock !== undefined) return holdsPodAddress(ipBlock, podNetworks);
  return namespaceSelector === undefined ? other.name === namespace : isSelected(other.labels, namespaceSelector);
}

/** A port by its name may be any: the pod says which it is. */
function portRange({ protocol = 'TCP', port, endPort }: Port): PortRange {
  if (typeof port !== 'number') return { protocol, first: 0, last: 65_535 };
  return { protocol, first: port, last: endPort ?? port };
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

/** Whether a label selector selects an object with these labels. Throws for an operator that Kubernetes does not have. */
export function isSelected(labels: Labels, { matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const label = labels[key];
      switch (operator) {
        case 'In':
          return label !== undefined && values.includes(label);
        case 'NotIn':
          return label === undefined || !values.includes(label);
        case 'Exists':
          return label !== undefined;
        case 'DoesNotExist':
          return label === undefined;
        default:
          throw new RangeError(`label selectors have no operator ${operator}`);
      }
    })
  );
}
