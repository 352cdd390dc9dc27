import { equal, lateIf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { promised } from '../../../guide/limits.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { type Destination, type Source, atHost, denial, reach } from '../../../harness/probe/claims.ts';
import { mayBeLate } from '../../../harness/probe/outcome.ts';
import type { Outcome } from '../../../harness/probe/probe.ts';
import { check } from '../../fixtures/check.ts';
import type { EchoPod } from '../../fixtures/echo-group.ts';
import { tenantNames } from '../../fixtures/names.ts';
import { requirements } from '../requirements.ts';
import { podSource, podSources } from './sources.ts';

const both = ['udp', 'tcp'] as const;
const external = 'example.com';
const withinSeconds = promised.isolation.dnsAnswerMs / 1000;

/** A question, and the name server that it goes to. */
function question(server: { readonly name: string; readonly address: string }, name: string, over: 'udp' | 'tcp'): Destination {
  return {
    name: `${server.name}, asked for ${name} over ${over}`,
    target: { kind: 'dns', server: server.address, name, over, withinSeconds },
  };
}

check(requirements['ISO-DNS-RESOLVES'], async (context, { tenants }) => {
  await Promise.all(
    tenantNames.flatMap((name) => tenants[name].pods.map(async (pod) => observeResolution(context, podSource(name, pod), pod))),
  );
});

/** Cluster and external names over both transports, and a name that does not exist. */
async function observeResolution({ cluster, connect, observe, control }: CheckContext, from: Source, pod: EchoPod): Promise<void> {
  const { dnsServiceAddress: address, apiServiceAddress } = cluster.documented;
  const server = { name: 'cluster DNS', address };
  // The pod itself is no name server: the probe must be able to tell one from the other.
  const unlike = question({ name: 'the own pod', address: pod.address }, external, 'udp');
  const own = 'kubernetes.default.svc.cluster.local';
  const missing = `no-such-${nonce()}.default.svc.cluster.local`;
  const [ofCluster = [], ofInternet = [], ofNothing = []] = await connect([
    reach({ from, to: both.map((over) => question(server, own, over)), unlike }),
    reach({ from, to: both.map((over) => question(server, external, over)), unlike }),
    reach({ from, to: question(server, missing, 'udp'), unlike }),
  ]);
  const vantage = cluster.placeText(from.place);
  for (const [index, over] of both.entries()) {
    const [inside, outside] = [ofCluster[index], ofInternet[index]];
    observe({
      ...equal(`what ${own} is over ${over}, asked by ${from.name}`, {
        expected: `NOERROR ${apiServiceAddress}`,
        saw: resolvedText(inside),
        vantage,
      }),
      ...lateIf(inside !== undefined && mayBeLate(inside)),
    });
    observe({
      subject: `what ${external} is over ${over}, asked by ${from.name}`,
      vantage,
      expected: 'NOERROR with an address',
      saw: resolvedText(outside),
      held: outside?.kind === 'resolved' && outside.code === 'NOERROR' && outside.addresses.length > 0,
      ...lateIf(outside !== undefined && mayBeLate(outside)),
    });
  }
  control(
    equal(`the code for a name that does not exist, asked by ${from.name}`, {
      expected: 'NXDOMAIN',
      saw: resolvedText(ofNothing[0]).split(' ')[0] ?? '',
      vantage,
    }),
  );
}

function resolvedText(outcome: Outcome | undefined): string {
  return outcome?.kind === 'resolved' ? `${outcome.code} ${outcome.addresses.join(', ')}` : (outcome?.kind ?? 'not asked');
}

/** CoreDNS serves its health and its metrics there (its plugins health and prometheus). */
const otherPortsOfCoreDns = [8080, 9153];

check(requirements['ISO-DNS-ONLY-KUBE-DNS'], async (context, { tenants, neutral }) => {
  const { cluster, changes, connect, signal } = context;
  const { core } = cluster.kubernetes;
  const { items } = await core.listNamespacedPod({ namespace: 'kube-system', labelSelector: 'k8s-app=kube-dns' });
  const servers = items.filter(({ status }) => status?.phase === 'Running' && status.podIP !== undefined);
  if (servers.length === 0) throw new Error('no pod of kube-dns runs');
  const decoy = `conform-decoy-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/dns-decoy.yaml`, { NAME: decoy });
  const [pod] = await readyPods(cluster.kubernetes, { namespace: 'kube-system', selector: `conform-decoy=${decoy}`, count: 1 }, signal);
  const host = pod?.status?.podIP ?? '';
  const closed: Destination[] = [
    ...both.map((kind): Destination => ({
      name: `a pod in kube-system that is not kube-dns, port 53/${kind}`,
      target: { kind, host, port: 53 },
    })),
    ...servers.flatMap(({ spec, status }, index) =>
      otherPortsOfCoreDns.map((port): Destination => ({
        name: `kube-dns on ${spec?.nodeName} (${index + 1}) port ${port}/tcp`,
        target: { kind: 'tcp', host: status?.podIP ?? '', port },
      })),
    ),
  ];
  await connect(
    tenantNames.map((name) =>
      denial({
        from: podSources(name, tenants[name]),
        to: closed,
        sameSourceReaches: {
          name: 'cluster DNS port 53/tcp',
          target: { kind: 'tcp', host: cluster.documented.dnsServiceAddress, port: 53 },
        },
        targetAnswers: podSource('neutral', neutral.pods[0]),
      }),
    ),
  );
});

check(requirements['ISO-DNS-NOT-OUTSIDE'], async ({ cluster, connect }, { tenants }) => {
  const { lan, dnsServiceAddress } = cluster.documented;
  const gateway = { name: "the LAN's name server", address: lan.gateway };
  await connect(
    tenantNames.map((name) =>
      denial({
        from: podSources(name, tenants[name]),
        to: both.map((over) => question(gateway, external, over)),
        sameSourceReaches: question({ name: 'cluster DNS', address: dnsServiceAddress }, external, 'udp'),
        targetAnswers: lanHost,
      }),
    ),
  );
});

const lanHost = atHost('lan');
