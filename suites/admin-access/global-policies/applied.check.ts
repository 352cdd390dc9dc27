import type { Measured } from '../../../harness/engine/evidence.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { type DocumentedPolicy, differences, documentedPolicies, hostName } from './documented-policies.ts';
import { type Endpoint, liveEndpoints, selectedBy } from './endpoints.ts';
import { type GlobalPolicy, dryRunPolicy, globalPolicies } from './global-policies.ts';

// A selector of tenants' pods can be seen to work where tenants have pods.
check(requirements['ADM-GNP-APPLIED'], async ({ cluster, observe, control, hint, signal }, { tenants }) => {
  hint(
    async () =>
      'kubectl get globalnetworkpolicies.projectcalico.org,hostendpoints.projectcalico.org -o yaml: what does each selector select?',
  );
  const [policies, endpoints, planted, ofAlice] = await Promise.all([
    globalPolicies(cluster, signal),
    liveEndpoints(cluster, signal),
    dryRunPolicy(cluster, "conform == 'nonsense'", signal),
    dryRunPolicy(cluster, `conform-echo == '${tenants.alice.service.name}'`, signal),
  ]);
  for (const documented of documentedPolicies) {
    const policy = policies.find(({ name }) => name === documented.name);
    for (const measured of [...form(policy, documented, cluster), ...selection(policy, { documented, endpoints, cluster })])
      observe(measured);
  }
  control(equal('endpoints that a planted selector of nonsense selects (dry run)', { expected: 'none', saw: namesOf(planted, endpoints) }));
  control(
    equal('endpoints that a planted selector of echo pods selects (dry run)', {
      expected: tenants.alice.pods.map(({ namespace, pod }) => `pod ${namespace}/${pod}`),
      saw: namesOf(ofAlice, endpoints),
    }),
  );
});

function namesOf({ spec }: GlobalPolicy, endpoints: readonly Endpoint[]): string[] {
  return selectedBy(spec, endpoints).map(({ name }) => name);
}

/** Order, tier, directions and rules. */
function form(policy: GlobalPolicy | undefined, documented: DocumentedPolicy, { documented: guide }: Cluster): Measured[] {
  return [
    equal(`order and tier of ${documented.name}`, {
      expected: `${documented.order}, default`,
      saw: policy === undefined ? 'absent' : `${policy.spec.order}, ${policy.spec.tier ?? 'default'}`,
    }),
    equal(`directions that ${documented.name} is for`, {
      expected: documented.types,
      saw: policy === undefined ? 'absent' : (policy.spec.types ?? []),
    }),
    noneOf(`rules that ${documented.name} lacks or has too much`, {
      saw: policy === undefined ? ['all: there is no such policy'] : differences(policy, documented, guide),
    }),
  ];
}

/** The live endpoints that a policy acts on, and those that the guide means it for. */
function selection(
  policy: GlobalPolicy | undefined,
  { documented, endpoints, cluster }: { documented: DocumentedPolicy; endpoints: readonly Endpoint[]; cluster: Cluster },
): Measured[] {
  const selected = policy === undefined ? [] : namesOf(policy, endpoints);
  // A node that has no HostEndpoint is meant all the same, and not selected.
  const hosts = cluster.documented.nodes.map(
    (node): Endpoint => endpoints.find(({ name }) => name === hostName(node)) ?? { name: hostName(node), labels: {}, namespace: undefined },
  );
  const meant = [...endpoints.filter(({ namespace }) => namespace !== undefined), ...hosts]
    .filter((endpoint) => documented.isMeantFor(endpoint, cluster.documented))
    .map(({ name }) => name);
  return [
    {
      subject: `live endpoints that ${documented.name} selects`,
      vantage: 'Kubernetes API',
      expected: 'more than zero',
      saw: String(selected.length),
      held: selected.length > 0,
    },
    noneOf(`endpoints that ${documented.name} is meant for and does not select`, {
      saw: meant.filter((name) => !selected.includes(name)),
    }),
    noneOf(`endpoints that ${documented.name} selects without being meant for them`, {
      saw: selected.filter((name) => !meant.includes(name)),
    }),
  ];
}
