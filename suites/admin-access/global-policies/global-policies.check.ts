import { check } from '../../fixtures/check.ts';
import { balancedRanges, ipPools } from '../../../harness/platform/calico/address-ranges.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type NamedRange, overlaps } from '../../../guide/overlaps.ts';
import { tenants } from '../../fixtures/groups.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { type Endpoint, liveEndpoints, selectedBy } from './endpoints.ts';
import { type GlobalPolicy, globalPolicies, ruleTexts } from './global-policies.ts';
import { requirements } from '../requirements.ts';

/** One of the guide's four policies. */
interface DocumentedPolicy {
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
const documentedPolicies: readonly DocumentedPolicy[] = [
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

function hostName({ name }: { readonly name: string }): string {
  return `host ${name}`;
}

check(requirements['ADM-GNP-APPLIED'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(
    async () =>
      'kubectl get globalnetworkpolicies.projectcalico.org,hostendpoints.projectcalico.org -o yaml: what does each selector select?',
  );
  // A selector of tenants' pods can be seen to work where tenants have pods.
  await tenants();
  const [policies, endpoints] = await Promise.all([globalPolicies(cluster, signal), liveEndpoints(cluster, signal)]);
  // A node that has no HostEndpoint is meant all the same, and not selected.
  const hosts = cluster.documented.nodes.map(
    (node): Endpoint => endpoints.find(({ name }) => name === hostName(node)) ?? { name: hostName(node), labels: {}, namespace: undefined },
  );
  for (const documented of documentedPolicies) {
    const policy = policies.find(({ name }) => name === documented.name);
    observe(
      equal(`order and tier of ${documented.name}`, {
        expected: `${documented.order}, default`,
        saw: policy === undefined ? 'absent' : `${policy.spec.order}, ${policy.spec.tier ?? 'default'}`,
      }),
    );
    observe(
      equal(`directions that ${documented.name} is for`, {
        expected: documented.types,
        saw: policy === undefined ? 'absent' : (policy.spec.types ?? []),
      }),
    );
    observe(
      noneOf(`rules that ${documented.name} lacks or has too much`, {
        saw: policy === undefined ? ['all: there is no such policy'] : differences(policy, documented, cluster.documented),
      }),
    );
    const selected = policy === undefined ? [] : selectedBy(policy.spec, endpoints).map(({ name }) => name);
    const meant = [...endpoints.filter(({ namespace }) => namespace !== undefined), ...hosts]
      .filter((endpoint) => documented.isMeantFor(endpoint, cluster.documented))
      .map(({ name }) => name);
    observe({
      subject: `live endpoints that ${documented.name} selects`,
      vantage: 'Kubernetes API',
      expected: 'more than zero',
      saw: String(selected.length),
      held: selected.length > 0,
    });
    observe(
      noneOf(`endpoints that ${documented.name} is meant for and does not select`, {
        saw: meant.filter((name) => !selected.includes(name)),
      }),
    );
    observe(
      noneOf(`endpoints that ${documented.name} selects without being meant for them`, {
        saw: selected.filter((name) => !meant.includes(name)),
      }),
    );
  }
  control(
    equal('endpoints that a selector of nonsense selects, by the same code', {
      expected: '0',
      saw: String(selectedBy({ selector: "conform == 'nonsense'" }, endpoints).length),
      vantage: 'this check',
    }),
  );
});

function differences({ spec }: GlobalPolicy, { has, only }: DocumentedPolicy, cluster: Cluster['documented']): string[] {
  const found = ruleTexts(spec);
  const wanted = has(cluster);
  const missing = wanted.filter((each) => !found.includes(each)).map((each) => `lacks ${each}`);
  return only ? [...missing, ...found.filter((each) => !wanted.includes(each)).map((each) => `has ${each}`)] : missing;
}

check(requirements['ADM-GNP-ADMIN-NETS-DISJOINT'], async ({ cluster, observe, control, hint }) => {
  hint(async () => 'kubectl get ippools,ipaddresspools -A -o yaml: which range holds addresses of administrators (E15)?');
  const { kubernetes, documented } = cluster;
  const [pools, balanced, pods, services] = await Promise.all([
    ipPools(kubernetes),
    balancedRanges(kubernetes),
    kubernetes.core.listPodForAllNamespaces(),
    kubernetes.core.listServiceForAllNamespaces(),
  ]);
  const admins = Object.entries(documented.adminSources).map(([name, range]): NamedRange => ({ name: `admins (${name})`, range }));
  const withAdmins = (ranges: readonly NamedRange[]): string[] =>
    overlaps([...admins, ...ranges]).filter((text) => text.startsWith('admins'));
  const alone = (name: string, address: string): NamedRange => ({ name: `${name} ${address}`, range: `${address}/32` });
  observe(
    noneOf('ranges of the cluster that hold admin addresses', {
      saw: withAdmins([
        ...pools
          .map(({ metadata, spec }) => ({ name: `pods (${metadata.name} ${spec.cidr})`, range: spec.cidr }))
          .filter(({ range }) => !range.includes(':')),
        { name: 'pods as documented', range: documented.podCidr },
        { name: 'Services', range: documented.serviceCidr },
        { name: 'nodes', range: documented.lan.cidr },
        ...balanced,
      ]),
    }),
  );
  observe(
    noneOf('pods that have an admin address', {
      saw: withAdmins(
        pods.items.flatMap(({ metadata, status }) =>
          status?.podIP === undefined ? [] : [alone(`${metadata?.namespace}/${metadata?.name}`, status.podIP)],
        ),
      ),
    }),
  );
  observe(
    noneOf('Services that have an admin address', {
      saw: withAdmins(
        services.items.flatMap(({ metadata, spec, status }) =>
          [
            ...(spec?.clusterIPs ?? []).filter((address) => address !== 'None'),
            ...(spec?.externalIPs ?? []),
            ...(status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
          ].map((address) => alone(`${metadata?.namespace}/${metadata?.name}`, address)),
        ),
      ),
    }),
  );
  control(
    equal('a planted range 192.168.0.0/16, by the same code', {
      expected: 'admins (workstation) and planted; admins (ci) and planted',
      saw: withAdmins([{ name: 'planted', range: '192.168.0.0/16' }]).join('; '),
      vantage: 'this check',
    }),
  );
});
