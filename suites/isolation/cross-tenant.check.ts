import { check } from '../../harness/check.ts';
import { connectionMatrix } from '../../harness/fixtures/connection-matrix.ts';
import type { EchoGroup } from '../../harness/fixtures/echo-group.ts';
import { tenants } from '../../harness/fixtures/groups.ts';
import { equal } from '../../harness/measured.ts';
import { type Connection, connections } from '../../harness/vantage/connections.ts';
import { type Cell, type Matrix, readCells } from '../../harness/vantage/matrix.ts';
import { allowed, anchor, denied, every, platformNames, sourcesOf, targetsLike, tenantNames, withinTenant } from './cells.ts';
import { requirements } from './requirements.ts';

const whichPolicy = async (): Promise<string> => 'kubectl get networkpolicy -A -o yaml: which policy admits the other tenant?';

/** Both directions between the two tenants: what one's pods try of what the other has. */
function acrossTenants(matrix: Matrix, targets: (owner: string) => RegExp): Cell[] {
  return tenantNames.flatMap((from) => tenantNames.filter((to) => to !== from).flatMap((to) => every(matrix, sourcesOf(matrix, from), targetsLike(matrix, targets(to)), denied)));
}

check(requirements['ISO-CROSS-TENANT-DENY'], async (context) => {
  context.hint(whichPolicy);
  const matrix = await connectionMatrix();
  readCells(context, matrix, [...acrossTenants(matrix, (to) => new RegExp(`^${to} pod on \\w+$`)), ...tenantNames.flatMap((name) => withinTenant(matrix, name))]);
});

check(requirements['ISO-CROSS-TENANT-UDP-ICMP'], async (context) => {
  context.hint(whichPolicy);
  const { alice, bob } = await tenants();
  // SCTP is tried too, where both kernel and image have it: a policy that knows TCP and UDP alone would let it through.
  const tries = (from: EchoGroup, to: EchoGroup, is: Pick<Connection, 'role' | 'expect'>): Connection[] =>
    [from.pods[0], from.pods[1]].flatMap(({ place }) => [
      ...Array.from({ length: 5 }, (): Connection => ({ ...is, from: place, to: to.pods[0].udp, name: `${to.namespace} on ${to.pods[0].node}` })),
      { ...is, from: place, to: { kind: 'icmp', host: to.pods[0].address }, name: `${to.namespace} on ${to.pods[0].node}` },
    ]);
  await connections(context, [...tries(alice, bob, denied), ...tries(bob, alice, denied), ...tries(alice, alice, anchor), ...tries(bob, bob, anchor)]);
});

check(requirements['ISO-CROSS-TENANT-SERVICE'], async (context) => {
  context.hint(whichPolicy);
  const matrix = await connectionMatrix();
  readCells(context, matrix, [...acrossTenants(matrix, (to) => new RegExp(`^${to} service( udp)?$`)), ...tenantNames.flatMap((name) => withinTenant(matrix, name, new RegExp(`^${name} service( udp)?$`)))]);
});

check(requirements['ISO-CROSS-TENANT-DNS-NAME'], async (context) => {
  context.hint(whichPolicy);
  const [matrix, { alice, bob }] = await Promise.all([connectionMatrix(), tenants()]);
  readCells(context, matrix, [...acrossTenants(matrix, (to) => new RegExp(`^${to} (service|headless) name$`)), ...tenantNames.flatMap((name) => withinTenant(matrix, name, new RegExp(`^${name} (service|headless) name$`)))]);
  // The names do resolve, to the other tenant's true addresses: so what failed above was the connection.
  const { dnsServiceAddress } = context.cluster.documented;
  const [service, headless] = await context.cluster.probe(alice.pods[0].place, [bob.service.dnsName, bob.service.headlessName].map((name) => ({ kind: 'dns', server: dnsServiceAddress, name, over: 'udp' })), context.signal);
  context.control(equal(`addresses of ${bob.service.dnsName}`, { expected: [bob.service.clusterIp], saw: service?.kind === 'resolved' ? service.addresses : [service?.kind ?? 'not asked'], vantage: 'a pod of alice' }));
  context.control(equal(`addresses of ${bob.service.headlessName}`, { expected: bob.pods.map(({ address }) => address), saw: headless?.kind === 'resolved' ? headless.addresses : [headless?.kind ?? 'not asked'], vantage: 'a pod of alice' }));
});

check(requirements['ISO-CROSS-TENANT-NODEPORT'], async (context) => {
  context.hint(whichPolicy);
  const matrix = await connectionMatrix();
  // That the node ports are programmed at all is shown by the namespace that nothing protects.
  readCells(context, matrix, [
    ...acrossTenants(matrix, (to) => new RegExp(`^${to} node port at `)),
    ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ...every(matrix, sourcesOf(matrix, 'default'), targetsLike(matrix, /^neutral node port at /), anchor),
  ]);
});

check(requirements['ISO-SAME-NAMESPACE-ALLOW'], async (context) => {
  const [matrix, { alice, bob }] = await Promise.all([connectionMatrix(), tenants()]);
  readCells(context, matrix, tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), targetsLike(matrix, new RegExp(`^${name} (pod on \\w+( udp)?|service( udp)?)$`)), allowed)));
  await connections(context, [
    ...[alice, bob].flatMap(({ pods }) => pods.slice(0, 2).map((to): Connection => ({ ...allowed, from: pods[0].place, to: { kind: 'icmp', host: to.address }, name: `own pod on ${to.node}` }))),
    { role: 'control', expect: 'not-reached', from: bob.pods[0].place, to: { kind: 'icmp', host: alice.pods[0].address }, name: 'a pod of the other tenant' },
    { role: 'control', expect: 'not-reached', from: bob.pods[0].place, to: alice.pods[0].tcp, name: 'a pod of the other tenant' },
  ]);
});

check(requirements['ISO-EGRESS-HALF'], async (context) => {
  const matrix = await connectionMatrix();
  const open = targetsLike(matrix, /^neutral (pod on \w+( udp)?|service( udp)?|(service|headless) name)$/);
  readCells(context, matrix, [
    ...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), open, denied)),
    ...every(matrix, sourcesOf(matrix, 'default'), open, anchor),
    ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
  ]);
});

check(requirements['ISO-OTHER-NAMESPACE-IN-DENY'], async (context) => {
  const matrix = await connectionMatrix();
  const others = ['default', 'neutral', ...platformNames];
  readCells(context, matrix, [
    ...others.flatMap((from) => tenantNames.flatMap((to) => every(matrix, sourcesOf(matrix, from), targetsLike(matrix, new RegExp(`^${to} (pod on \\w+|service)$`)), denied))),
    ...others.flatMap((from) => every(matrix, sourcesOf(matrix, from), targetsLike(matrix, /^neutral (pod on \w+|service)$/), anchor)),
    ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
  ]);
});
