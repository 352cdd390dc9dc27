import { equal } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { arpOwners } from '../../../harness/probe/arp.ts';
import { type Destination, denial } from '../../../harness/probe/claims.ts';
import { check } from '../../fixtures/check.ts';
import { type EchoGroup, workerNames } from '../../fixtures/echo-group.ts';
import { targetName, toKind } from '../../fixtures/matrix-parts.ts';
import { requirements } from '../requirements.ts';
import { loadBalancers } from './load-balancers.ts';
import { deniedNodePorts } from './node-ports.ts';
import { type TenantName, bothDirections, podSource, podSources, sourcesIn, webOf, websIn } from './sources.ts';
import { whichPolicy } from './which-policy.ts';

/** So many miss one of three endpoints one time in fifty; each of the sources makes them, from a port of its own. */
const connectionsToService = 10;

check(requirements['ISO-CROSS-TENANT-SERVICE'], async ({ hint, connect, cluster }, { matrix, tenants }) => {
  hint(whichPolicy);
  const workers = workerNames(cluster).length;
  const byAddress = (name: TenantName): readonly Destination[] =>
    matrix.targets(
      toKind('service', ({ group, by }) => group === name && by === 'address'),
      2,
    );
  await connect(
    bothDirections.flatMap(([from, to]) => [
      // kube-proxy chooses an endpoint by the port that a connection comes from: so that every one of them is tried.
      denial({
        from: podSources(from, tenants[from]),
        to: Array.from({ length: connectionsToService }, () => serviceOf(to, tenants[to])),
        sameSourceReaches: serviceOf(from, tenants[from]),
        targetAnswers: podSources(to, tenants[to]),
      }),
      matrix.denial({
        from: sourcesIn(matrix, from, workers),
        to: byAddress(to),
        sameSourceReaches: [...websIn(matrix, from, workers), ...byAddress(from)],
        targetAnswers: sourcesIn(matrix, to, workers),
      }),
    ]),
  );
});

function serviceOf(group: TenantName, { service: { clusterIp } }: EchoGroup): Destination {
  const name = targetName({ kind: 'service', group, of: 'tenant', protocol: 'tcp', by: 'address' });
  return { name, target: { kind: 'tcp', host: clusterIp, port: 80 } };
}

check(requirements['ISO-CROSS-TENANT-DNS-NAME'], async (context, { matrix, tenants }) => {
  context.hint(whichPolicy);
  const workers = workerNames(context.cluster).length;
  const byName = (name: TenantName): readonly Destination[] =>
    matrix.targets(
      toKind('service', ({ group, by }) => group === name && by !== 'address'),
      2,
    );
  await context.connect(
    bothDirections.map(([from, to]) =>
      matrix.denial({
        from: sourcesIn(matrix, from, workers),
        to: byName(to),
        sameSourceReaches: [...websIn(matrix, from, workers), ...byName(from)],
        targetAnswers: sourcesIn(matrix, to, workers),
      }),
    ),
  );
  for (const [from, to] of bothDirections) await controlNames(context, { from: tenants[from], asker: from, to: tenants[to] });
});

/** The names do resolve, to the other tenant's true addresses: so what failed was the connection. */
async function controlNames(
  { cluster, control, signal }: CheckContext,
  { from, asker, to: { service, pods } }: { from: EchoGroup; asker: TenantName; to: EchoGroup },
): Promise<void> {
  const { dnsServiceAddress } = cluster.documented;
  const names = [
    { name: service.dnsName, addresses: [service.clusterIp] },
    { name: service.headlessName, addresses: pods.map(({ address }) => address) },
  ];
  const outcomes = await cluster.probe(
    from.pods[0].place,
    names.map(({ name }) => ({ kind: 'dns', server: dnsServiceAddress, name, over: 'udp' })),
    signal,
  );
  for (const [index, { name, addresses }] of names.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined || outcome.kind === 'failed') throw new Error(`the probe of ${name} did not work`);
    const saw = outcome.kind === 'resolved' ? outcome.addresses : [outcome.kind];
    control(equal(`addresses of ${name}`, { expected: addresses, saw, vantage: `a pod of ${asker}` }));
  }
}

check(requirements['ISO-CROSS-TENANT-NODEPORT'], async ({ hint, connect, cluster }, { matrix }) => {
  hint(whichPolicy);
  const workers = workerNames(cluster).length;
  await connect(
    bothDirections.map(([from, to]) =>
      deniedNodePorts(matrix, cluster.documented.nodes, {
        from: sourcesIn(matrix, from, workers),
        of: to,
        sameSourceReaches: websIn(matrix, from, workers),
      }),
    ),
  );
});

check(
  requirements['ISO-CROSS-TENANT-LB'],
  async (context, { tenants }) => {
    context.hint(whichPolicy);
    const { cluster, control, signal } = context;
    const published = await Promise.all(
      bothDirections.map(async ([from, to]) => ({ from, to, balancers: await loadBalancers(context, tenants[to].pods[0]) })),
    );
    await context.connect(
      published.map(({ from, to, balancers }) =>
        denial({
          from: podSources(from, tenants[from]),
          to: balancers.map(({ address, policy }) => ({
            name: `${to}'s load balancer, policy ${policy}`,
            target: { kind: 'tcp', host: address, port: 80 },
          })),
          sameSourceReaches: webOf(from, tenants[from].pods[0]),
          // From the pod itself: from another node it would come under that node's address, which no tenant's policy admits.
          targetAnswers: podSource(to, tenants[to].pods[0]),
        }),
      ),
    );
    const all = published.flatMap(({ to, balancers }) => balancers.map((each) => ({ ...each, whose: to })));
    const owners = await Promise.all(all.map(async ({ address }) => arpOwners(cluster, address, signal)));
    for (const [index, { whose, policy, announcedBy }] of all.entries())
      control({
        key: `ARP for ${whose}'s load balancer, policy ${policy}`,
        subject: `ARP for ${whose}'s load balancer, policy ${policy}, announced by ${announcedBy.join(', ') || 'nobody'}`,
        vantage: 'lan',
        expected: 'one answer',
        saw: owners[index]?.join(', ') || 'no answer',
        held: owners[index]?.length === 1,
      });
  },
  { uses: ['address-pools'] },
);
