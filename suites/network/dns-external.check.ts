import { promised } from '../../guide/limits.ts';
import { lateIf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Outcome, Target } from '../../harness/probe/probe.ts';
import { check } from '../fixtures/check.ts';
import { type EchoPod, onEveryWorker } from '../fixtures/echo-group.ts';
import { answer, apiServiceName, asked, told } from './dns-answers.ts';
import { type DnsServer, dnsServers } from './dns-replicas.ts';
import { resolvedInPod } from './pod-resolver.ts';
import { requirements } from './requirements.ts';

/** The guide's own example (Test Tenant Isolation), and a name that will never exist (RFC 2606). */
const [externalName, impossibleName] = ['example.com', 'conform.invalid'];

check(
  requirements['NET-DNS-EXTERNAL'],
  async (context, { neutral: { pods } }) => {
    const { cluster, control, hint } = context;
    hint(
      async () =>
        'kubectl -n kube-system logs -l k8s-app=kube-dns; cat /etc/resolv.conf in a pod and on its node: does a domain of its search list answer for every name (wildcard record, ndots:5)?',
    );
    control(onEveryWorker(cluster, pods));
    const servers = await dnsServers(cluster);
    await Promise.all(pods.map(async (pod) => fromPodOf(context, { pod, servers })));
  },
  { uses: ['cluster-dns'] },
);

/** Asks every server for the name as it is, and the pod's own resolver as a program does. */
async function fromPodOf(
  { cluster, observe, control, signal }: CheckContext,
  { pod: { place, node }, servers }: { pod: EchoPod; servers: readonly DnsServer[] },
): Promise<void> {
  const vantage = `pod on ${node}`;
  const withinMs = promised.network.externalNameMs;
  const questions = servers.flatMap(({ address }): Target[] => [
    { kind: 'dns', server: address, name: externalName, over: 'udp', withinSeconds: withinMs / 1000 },
    asked(address, impossibleName),
  ]);
  const [outcomes, inPod] = await Promise.all([
    cluster.probe(place, [...questions, asked(cluster.documented.dnsServiceAddress, apiServiceName)], signal),
    resolvedInPod(cluster, { place, name: externalName, withinMs }, signal),
  ]);
  const addresses = new Set<string>();
  for (const [index, { of }] of servers.entries()) {
    const [external, impossible] = outcomes.slice(index * 2, index * 2 + 2);
    const at = `at ${of}, from the ${vantage}`;
    const given = addressesOf(external);
    for (const address of given) addresses.add(address);
    observe({
      subject: `${externalName} ${at}`,
      vantage,
      expected: `NOERROR with an address, within ${withinMs / 1000} s`,
      saw: told(external),
      held: given.length > 0,
      ...lateIf(external?.kind === 'timeout'),
    });
    // By which failure does not matter: a name server that answers everything makes the answer above worthless.
    control({
      subject: `${impossibleName} ${at}`,
      vantage,
      expected: 'no address',
      saw: told(impossible),
      held: addressesOf(impossible).length === 0,
    });
  }
  const expected = `NOERROR ${cluster.documented.apiServiceAddress}`;
  control(answer(`kubernetes.default.svc at the same instant, from the ${vantage}`, { expected, outcome: outcomes.at(-1), vantage }));
  observe({
    subject: `${externalName} without a final dot, by the resolver of the ${vantage}`,
    vantage,
    expected: `addresses of ${externalName}: ${[...addresses].join(', ') || 'any'}`,
    saw: `${inPod.addresses.join(', ') || 'none'} (${inPod.configuration.join('; ')})`,
    held: inPod.addresses.length > 0 && inPod.addresses.every((address) => addresses.has(address)),
    ...lateIf(inPod.addresses.length === 0),
  });
}

function addressesOf(outcome: Outcome | undefined): readonly string[] {
  return outcome?.kind === 'resolved' && outcome.code === 'NOERROR' ? outcome.addresses : [];
}

/** The office's resolver is its gateway, which is the LAN's gateway too (guide: Network Configuration). */
check(requirements['NET-NAMES'], async ({ cluster, observe, control, signal }) => {
  const { vip, services, lan } = cluster.documented;
  const names = [vip, services.canine, services.opencost];
  const sibling = `conform-${nonce()}.${vip.hostname}`;
  const outcomes = await cluster.probe(
    { host: 'admin' },
    [...names.map(({ hostname }) => hostname), sibling].map((name) => asked(lan.gateway, name)),
    signal,
  );
  for (const [index, { hostname, address }] of names.entries())
    observe(answer(`A records of ${hostname}`, { expected: `NOERROR ${address}`, outcome: outcomes[index], vantage: 'admin' }));
  const nobody = outcomes[names.length];
  control(answer(`A records of ${sibling}, which nobody has made`, { expected: 'NXDOMAIN', outcome: nobody, vantage: 'admin' }));
});
