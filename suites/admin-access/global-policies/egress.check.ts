import { check } from '../../fixtures/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { allowed, anchor, denied } from '../../fixtures/cells.ts';
import type { EchoPod } from '../../fixtures/echo-group.ts';
import { neutral, ordinary, tenants } from '../../fixtures/groups.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Target, blocked } from '../../../harness/probe/probe.ts';
import { inForceMs, opened, unhardened } from './opened.ts';
import { requirements } from '../requirements.ts';

type Named = Pick<Connection, 'to' | 'name'>;

/** By its address: names are asked for apart. */
function internet(cluster: Cluster): Named {
  return { to: { kind: 'tcp', host: cluster.vantage('internet').address, port: 80 }, name: 'a host of the internet' };
}

function dns({ documented: { dnsServiceAddress } }: Cluster): Named {
  return { to: { kind: 'dns', server: dnsServiceAddress, name: 'kubernetes.default.svc.cluster.local', over: 'udp' }, name: 'cluster DNS' };
}

function podIn({ namespace, tcp }: EchoPod): Named {
  return { to: tcp, name: `a pod in ${namespace}` };
}

function allOf({ namespace, tcp, udp, address }: EchoPod): Named[] {
  return [tcp, udp, { kind: 'icmp', host: address } satisfies Target].map((to) => ({
    to,
    name: `a pod in ${namespace} that admits everybody`,
  }));
}

const ofOrder150 = async (): Promise<string> =>
  'kubectl get globalnetworkpolicies.projectcalico.org deny-tenant-to-platform-egress -o yaml: whom does its selector select (E17), and how does it end (E18)?';

check(requirements['ADM-GNP-TENANT-EGRESS'], async (context) => {
  context.hint(ofOrder150);
  const [{ pods: platform }, { pods: tenant }, { pods: open }, { pods: plain }] = await Promise.all([
    opened(),
    unhardened(),
    neutral(),
    ordinary(),
  ]);
  await connections(context, [
    ...tenant.flatMap(({ place: from }): Connection[] => [
      ...platform.flatMap(allOf).map((each): Connection => ({ ...denied, from, ...each })),
      { ...allowed, from, ...dns(context.cluster) },
      { ...anchor, from, ...podIn(open[0]) },
    ]),
    ...platform.flatMap(allOf).map((each): Connection => ({ ...anchor, from: plain[0].place, ...each })),
  ]);
});

check(requirements['ADM-GNP-TENANT-REST-ALLOW'], async (context) => {
  context.hint(ofOrder150);
  const [
    {
      pods: [platform],
    },
    { pods: tenant },
    { alice },
    { pods: plain },
  ] = await Promise.all([opened(), unhardened(), tenants(), ordinary()]);
  if (platform === undefined) throw new Error('the platform has namespaces');
  await connections(context, [
    ...tenant.flatMap(({ place: from }): Connection[] =>
      [internet(context.cluster), dns(context.cluster), podIn(tenant[0]), podIn(tenant[1])].map((each) => ({ ...allowed, from, ...each })),
    ),
    // The other tenant admits everybody: it is alice's own policy that keeps her from it.
    ...alice.pods.flatMap(({ place: from }) =>
      tenant.map((other): Connection => ({ ...denied, from, to: other.tcp, name: 'a pod of another tenant, who admits everybody' })),
    ),
    ...tenant.map((other): Connection => ({ ...anchor, from: plain[0].place, to: other.tcp, name: 'the same pod of another tenant' })),
    ...alice.pods.map(({ place: from }): Connection => ({ ...anchor, from, ...podIn(alice.pods[1]) })),
    ...[...tenant, ...alice.pods].map(({ place: from }): Connection => ({ role: 'control', expect: 'denied', from, ...podIn(platform) })),
  ]);
});

check(requirements['ADM-GNP-EGRESS-PLATFORM'], async (context) => {
  const { changes, cluster, hint, signal } = context;
  hint(
    async () =>
      'kubectl get globalnetworkpolicies.projectcalico.org allow-admin-to-platform-services -o yaml: does it end its egress with an Allow?',
  );
  const [{ group, pods: all }, { pods: open }, { pods: tenant }] = await Promise.all([opened(), neutral(), unhardened()]);
  const platform = all.filter(({ namespace }) => cluster.documented.platformNamespaces.includes(namespace));
  const everywhere: readonly Named[] = [
    internet(cluster),
    { to: { kind: 'tcp', host: cluster.documented.apiServiceAddress, port: 443 }, name: 'the Kubernetes API' },
    dns(cluster),
    podIn(open[0]),
    { to: tenant[0].tcp, name: "a tenant's app that is open to everybody" },
  ];
  const from = (is: Pick<Connection, 'role' | 'expect'>): Connection[] =>
    platform.flatMap(({ place }) => everywhere.map((each) => ({ ...is, from: place, ...each })));
  await connections(context, from(allowed));
  await changes.createFrom(`${import.meta.dirname}/no-egress.yaml`, { GROUP: group });
  await Promise.all(
    platform.map(({ place }) => firstAnswer(cluster, { from: place, to: open[0].tcp }, { timeoutMs: inForceMs, signal, until: blocked })),
  );
  await connections(context, from({ role: 'control', expect: 'denied' }));
});
