import { promised } from '../../../guide/limits.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type Claim, type Destination, type Source, denial, reach } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Target, blocked } from '../../../harness/probe/probe.ts';
import type { EchoGroup, EchoPod } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { internet } from '../internet.ts';
import { requirements } from '../requirements.ts';

function dns({ documented: { dnsServiceAddress } }: Cluster): Destination {
  return {
    name: 'cluster DNS',
    target: { kind: 'dns', server: dnsServiceAddress, name: 'kubernetes.default.svc.cluster.local', over: 'udp' },
  };
}

function toPod({ node, tcp }: EchoPod, group: string): Destination {
  return { name: `${group} on ${node}`, target: tcp };
}

function fromPod({ node, place }: EchoPod, group: string): Source {
  return { name: `${group} on ${node}`, place };
}

function fromPods({ pods }: EchoGroup, group: string): Source[] {
  return pods.map((pod) => fromPod(pod, group));
}

/** All that a pod answers to. */
function waysTo({ namespace, tcp, udp, address }: EchoPod): Destination[] {
  const ping: Target = { kind: 'icmp', host: address };
  return [
    { name: `pod of ${namespace} that admits everybody, TCP`, target: tcp },
    { name: `pod of ${namespace} that admits everybody, UDP`, target: udp },
    { name: `pod of ${namespace} that admits everybody, ping`, target: ping },
  ];
}

async function ofOrder150(): Promise<string> {
  return 'kubectl get globalnetworkpolicies.projectcalico.org deny-tenant-to-platform-egress -o yaml: whom does its selector select (E17), and how does it end (E18)?';
}

check(
  requirements['ADM-GNP-TENANT-EGRESS'],
  async ({ cluster, connect, hint }, { opened: { pods: platform }, unhardened, neutral, ordinary }) => {
    hint(ofOrder150);
    const tenant = fromPods(unhardened, 'tenant without policies');
    const plain = fromPod(ordinary.pods[0], 'default');
    const open = toPod(neutral.pods[0], 'neutral');
    await connect([
      denial({ from: tenant, to: platform.flatMap(waysTo), sameSourceReaches: open, targetAnswers: plain }),
      reach({ from: tenant, to: dns(cluster) }),
    ]);
  },
);

check(
  requirements['ADM-GNP-TENANT-REST-ALLOW'],
  async ({ cluster, connect, hint }, { opened: { pods: platform }, unhardened, tenants: { alice }, ordinary }) => {
    hint(ofOrder150);
    const [guarded] = platform;
    if (guarded === undefined) throw new Error('the platform has no namespaces');
    const closed = toPod(guarded, `pod of ${guarded.namespace} that admits everybody`);
    const tenant = fromPods(unhardened, 'tenant without policies');
    const plain = fromPod(ordinary.pods[0], 'default');
    const own = unhardened.pods.map((pod) => toPod(pod, 'tenant without policies'));
    await connect([
      reach({ from: tenant, to: [internet(cluster), dns(cluster), ...own.slice(0, 2)], unlike: closed }),
      // The other tenant admits everybody: it is alice's own policy that keeps her from it.
      denial({
        from: fromPods(alice, 'alice'),
        to: own,
        sameSourceReaches: toPod(alice.pods[1], 'alice'),
        targetAnswers: plain,
      }),
      // The platform is closed to her in the same instant.
      controls(fromPods(alice, 'alice'), [closed], 'denied'),
    ]);
  },
);

/** Attempts that are controls of other claims. */
function controls(from: readonly Source[], to: readonly Destination[], expect: 'denied'): Claim {
  return { attempts: from.flatMap((source) => to.map((each) => ({ role: 'control' as const, from: source, to: each, expect }))) };
}

check(
  requirements['ADM-GNP-EGRESS-PLATFORM'],
  async ({ changes, cluster, connect, hint, signal }, { opened: { group, pods: all }, neutral, unhardened }) => {
    hint(
      async () =>
        'kubectl get globalnetworkpolicies.projectcalico.org allow-admin-to-platform-services -o yaml: does it end its egress with an Allow?',
    );
    const { platformNamespaces, apiServiceAddress } = cluster.documented;
    const platform = all.filter(({ namespace }) => platformNamespaces.includes(namespace));
    const from = platform.map(({ namespace, place }): Source => ({ name: `pod of ${namespace}`, place }));
    const to: readonly Destination[] = [
      internet(cluster),
      { name: 'the Kubernetes API', target: { kind: 'tcp', host: apiServiceAddress, port: 443 } },
      dns(cluster),
      toPod(neutral.pods[0], 'neutral'),
      toPod(unhardened.pods[0], "tenant's app that is open to everybody"),
    ];
    await connect([reach({ from, to })]);
    await changes.createFrom(`${import.meta.dirname}/no-egress.yaml`, { GROUP: group });
    const { policyInForceMs: timeoutMs } = promised.adminAccess;
    await Promise.all(
      platform.map(({ place }) => firstAnswer(cluster, { from: place, to: neutral.pods[0].tcp }, { timeoutMs, signal, until: blocked })),
    );
    // The same connections under a policy that denies them: they could have come out the other way.
    await connect([controls(from, to, 'denied')]);
  },
);
