import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { Endpoint } from './endpoints.ts';
import { type GlobalPolicy, ruleTexts } from './global-policies.ts';

/** One of the guide's four policies. */
export interface DocumentedPolicy {
  readonly name: string;
  readonly order: number;
  readonly types: readonly string[];
  /** Rules without which it is not the guide's. */
  readonly has: (cluster: Cluster['documented']) => readonly string[];
  /** Whether it may have others beside these. */
  readonly only: boolean;
  /** Which endpoints the guide means it for. */
  readonly isMeantFor: (endpoint: Endpoint, cluster: Cluster['documented']) => boolean;
}

const ofPlatform: DocumentedPolicy['isMeantFor'] = ({ namespace }, { platformNamespaces }) =>
  namespace !== undefined && platformNamespaces.includes(namespace.name);

/** Guide: Admin Access Control, Step 1 and Step 2. */
export const documentedPolicies: readonly DocumentedPolicy[] = [
  {
    name: 'allow-admin-to-k8s-api',
    order: 50,
    types: ['Ingress'],
    has: ({ vip, nodes }) => [
      `ingress Deny TCP to ${[vip.address, ...controlPlanes(nodes).map(({ address }) => address)]
        .map((address) => `${address}/32`)
        .toSorted()
        .join(', ')} port 6443`,
    ],
    only: false,
    // A host of the LAN may take any node as next hop for the API's own Service (E100).
    isMeantFor: ({ name }, { nodes }) => nodes.some((node) => name === hostName(node)),
  },
  {
    name: 'allow-admin-to-platform-services',
    order: 100,
    types: ['Ingress', 'Egress'],
    has: ({ adminSources }) => [`ingress Allow from ${Object.values(adminSources).toSorted().join(', ')}`, 'egress Allow'],
    only: true,
    isMeantFor: ofPlatform,
  },
  {
    name: 'deny-tenant-to-platform-egress',
    order: 150,
    types: ['Egress'],
    has: ({ platformNamespaces }) => [
      `egress Deny to namespaces projectcalico.org/name in {${[...platformNamespaces, 'kube-system'].map((name) => `'${name}'`).join(',')}}`,
    ],
    only: false,
    isMeantFor: ({ namespace }) => namespace?.name.startsWith('canine-') ?? false,
  },
  {
    name: 'deny-non-admin-to-platform-services',
    order: 200,
    types: ['Ingress'],
    has: () => ['ingress Deny'],
    only: true,
    isMeantFor: ofPlatform,
  },
];

function controlPlanes(nodes: Cluster['documented']['nodes']): Cluster['documented']['nodes'] {
  return nodes.filter(({ role }) => role === 'control-plane');
}

/** The name of a node's host endpoint, as `liveEndpoints` tells it. */
export function hostName({ name }: { readonly name: string }): string {
  return `host ${name}`;
}

/** The rules that a policy lacks; for one that may have no others, also those that it has too much. */
export function differences({ spec }: GlobalPolicy, { has, only }: DocumentedPolicy, cluster: Cluster['documented']): string[] {
  const found = ruleTexts(spec);
  const wanted = has(cluster);
  const missing = wanted.filter((each) => !found.includes(each)).map((each) => `lacks ${each}`);
  return only ? [...missing, ...found.filter((each) => !wanted.includes(each)).map((each) => `has ${each}`)] : missing;
}
