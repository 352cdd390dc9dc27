import { randomBytes } from 'node:crypto';
import { check } from '../../fixtures/check.ts';
import { connectionMatrix, permissiveMatrix } from '../../fixtures/connection-matrix.ts';
import { type EchoGroup, startEchoPod } from '../../fixtures/echo-group.ts';
import { tenants } from '../../fixtures/groups.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { arpOwners } from '../../../harness/probe/arp.ts';
import { type Connection, connections } from '../../../harness/probe/connections.ts';
import { type Cell, type Matrix, readCells } from '../../../harness/probe/matrix.ts';
import type { Target } from '../../../harness/probe/probe.ts';
import {
  allowed,
  anchor,
  denied,
  every,
  platformNames,
  programmedNodePorts,
  sourcesOf,
  targetsLike,
  tenantNames,
  withinTenant,
} from '../../fixtures/cells.ts';
import { loadBalancers } from './load-balancers.ts';
import { requirements } from '../requirements.ts';
import { sctpTargets } from './sctp.ts';

/** One lost is nothing: the register's number. */
const datagrams = 5;

/** So many miss one of three endpoints one time in fifty; each of the sources makes them. */
const connectionsToService = 10;

const whichPolicy = async (): Promise<string> => 'kubectl get networkpolicy -A -o yaml: which policy admits the other tenant?';

/** Both directions between the two tenants: what one's pods try of what the other has. */
function acrossTenants(matrix: Matrix, targets: (owner: string) => RegExp): Cell[] {
  return tenantNames.flatMap((from) =>
    tenantNames
      .filter((to) => to !== from)
      .flatMap((to) => every(matrix, sourcesOf(matrix, from), targetsLike(matrix, targets(to)), denied)),
  );
}

check(
  requirements['ISO-CROSS-TENANT-DENY'],
  async (context) => {
    context.hint(whichPolicy);
    const matrix = await connectionMatrix();
    await readCells(context, matrix, [
      ...acrossTenants(matrix, (to) => new RegExp(`^${to} pod on \\w+( port 80)?$`)),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
  },
  { uses: ['connection-matrix'] },
);

check(requirements['ISO-CROSS-TENANT-UDP-ICMP'], async (context) => {
  context.hint(whichPolicy);
  const { alice, bob } = await tenants();
  const mark = randomBytes(4).toString('hex');
  const servers = await Promise.all([alice, bob].map(async ({ pods: [server] }) => ({ server, sctp: await sctpTargets(context, server) })));
  const tries = ({ pods: [first, second], namespace }: EchoGroup, to: EchoGroup, is: Pick<Connection, 'role' | 'expect'>): Connection[] =>
    servers
      .filter(({ server }) => server.namespace === to.namespace)
      .flatMap(({ server, sctp }) => {
        const datagram: Target = { kind: 'udp', host: server.address, port: 8081, data: `echo ${namespace}-${mark}` };
        const targets: Target[] = [...Array.from({ length: datagrams }, () => datagram), { kind: 'icmp', host: server.address }, ...sctp];
        return [first, second].flatMap(({ place }) =>
          targets.map((target): Connection => ({ ...is, from: place, to: target, name: `${to.namespace} on ${server.node}` })),
        );
      });
  await connections(context, [
    ...tries(alice, bob, denied),
    ...tries(bob, alice, denied),
    ...tries(alice, alice, anchor),
    ...tries(bob, bob, anchor),
  ]);
  // That no answer came back is not enough: what arrives has crossed the border.
  await Promise.all(
    servers.map(async ({ server }) => {
      const log = await context.cluster.kubernetes.core.readNamespacedPodLog({ namespace: server.namespace, name: server.pod });
      const arrivals = [alice, bob].map(({ namespace }) => ({ namespace, count: log.split(`${namespace}-${mark}`).length - 1 }));
      const [own, foreign] = [
        arrivals.filter(({ namespace }) => namespace === server.namespace),
        arrivals.filter(({ namespace }) => namespace !== server.namespace),
      ];
      for (const { namespace, count } of foreign)
        context.observe(
          equal(`datagrams of ${namespace} in the log of ${server.pod}`, { expected: '0', saw: String(count), vantage: server.namespace }),
        );
      for (const { namespace, count } of own)
        context.control({
          subject: `datagrams of ${namespace} in the log of ${server.pod}`,
          vantage: server.namespace,
          expected: `some of ${2 * datagrams}`,
          saw: String(count),
          held: count > 0,
        });
    }),
  );
});

check(
  requirements['ISO-CROSS-TENANT-SERVICE'],
  async (context) => {
    context.hint(whichPolicy);
    const [matrix, { alice, bob }] = await Promise.all([connectionMatrix(), tenants()]);
    // Each from a port of its own, by which kube-proxy chooses an endpoint: so that every one of them is tried.
    const tries = (from: EchoGroup, { service: { clusterIp }, namespace }: EchoGroup): Connection[] =>
      from.pods.flatMap(({ place }) =>
        Array.from({ length: connectionsToService }, (): Connection => ({
          ...denied,
          from: place,
          to: { kind: 'tcp', host: clusterIp, port: 80 },
          name: `Service of ${namespace}`,
        })),
      );
    await connections(context, [...tries(alice, bob), ...tries(bob, alice)]);
    await readCells(context, matrix, [
      ...acrossTenants(matrix, (to) => new RegExp(`^${to} service( udp)?$`)),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name, new RegExp(`^${name} service( udp)?$`))),
    ]);
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ISO-CROSS-TENANT-DNS-NAME'],
  async (context) => {
    context.hint(whichPolicy);
    const [matrix, { alice, bob }] = await Promise.all([connectionMatrix(), tenants()]);
    await readCells(context, matrix, [
      ...acrossTenants(matrix, (to) => new RegExp(`^${to} (service|headless) name$`)),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name, new RegExp(`^${name} (service|headless) name$`))),
    ]);
    // The names do resolve, to the other tenant's true addresses: so what failed above was the connection.
    const { dnsServiceAddress } = context.cluster.documented;
    const [service, headless] = await context.cluster.probe(
      alice.pods[0].place,
      [bob.service.dnsName, bob.service.headlessName].map((name) => ({ kind: 'dns', server: dnsServiceAddress, name, over: 'udp' })),
      context.signal,
    );
    context.control(
      equal(`addresses of ${bob.service.dnsName}`, {
        expected: [bob.service.clusterIp],
        saw: service?.kind === 'resolved' ? service.addresses : [service?.kind ?? 'not asked'],
        vantage: 'a pod of alice',
      }),
    );
    context.control(
      equal(`addresses of ${bob.service.headlessName}`, {
        expected: bob.pods.map(({ address }) => address),
        saw: headless?.kind === 'resolved' ? headless.addresses : [headless?.kind ?? 'not asked'],
        vantage: 'a pod of alice',
      }),
    );
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ISO-CROSS-TENANT-NODEPORT'],
  async (context) => {
    context.hint(whichPolicy);
    const matrix = await connectionMatrix();
    await readCells(context, matrix, [
      ...acrossTenants(matrix, (to) => new RegExp(`^${to} node port at `)),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
      ...programmedNodePorts(matrix, context.cluster.documented.nodes),
    ]);
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ISO-CROSS-TENANT-LB'],
  async (context) => {
    context.hint(whichPolicy);
    const { cluster, control, signal } = context;
    const { alice, bob } = await tenants();
    const [server] = bob.pods;
    const balancers = await loadBalancers(context, server);
    const addresses = balancers.map(({ address, policy }) => ({
      to: { kind: 'tcp' as const, host: address, port: 80 },
      name: `bob's load balancer, policy ${policy}`,
    }));
    await connections(context, [
      ...alice.pods.flatMap(({ place }) => addresses.map((each): Connection => ({ ...denied, from: place, ...each }))),
      // From the pod itself: from another node it would come under that node's address, which no tenant's policy admits.
      ...addresses.map((each): Connection => ({ ...anchor, from: server.place, ...each })),
      ...alice.pods.map(({ place }): Connection => ({ ...anchor, from: place, to: alice.pods[0].tcp, name: 'own pod' })),
    ]);
    const owners = await Promise.all(balancers.map(async ({ address }) => arpOwners(cluster, address, signal)));
    for (const [index, { address, announcedBy }] of balancers.entries())
      control({
        subject: `ARP for ${address}, announced by ${announcedBy.join(', ') || 'nobody'}`,
        vantage: 'lan',
        expected: 'one answer',
        saw: owners[index]?.join(', ') || 'no answer',
        held: owners[index]?.length === 1,
      });
  },
  { uses: ['address-pools'] },
);

check(requirements['ISO-INGRESS-HALF'], async (context) => {
  context.hint(whichPolicy);
  const matrix = await permissiveMatrix();
  const targets = (owner: string): string[] =>
    targetsLike(matrix, new RegExp(`^${owner} (pod on \\w+( udp)?|service( udp)?|(service|headless) name)$`));
  await readCells(context, matrix, [
    ...every(matrix, sourcesOf(matrix, 'permissive'), [...targets('bob'), ...targetsLike(matrix, /^bob node port at /)], denied),
    ...every(matrix, sourcesOf(matrix, 'permissive'), targets('neutral'), anchor),
    ...programmedNodePorts(matrix, context.cluster.documented.nodes),
    ...withinTenant(matrix, 'bob', /^bob (pod on \w+( udp)?|service( udp)?|(service|headless) name)$/),
  ]);
});

check(
  requirements['ISO-SAME-NAMESPACE-ALLOW'],
  async (context) => {
    const [matrix, { alice, bob }] = await Promise.all([connectionMatrix(), tenants()]);
    const [sameNode, otherNode] = alice.pods;
    // The tenants have one pod on a node: of the matrix, what a pod sends on its own node it sends itself.
    const another = await startEchoPod(context, { namespace: alice.namespace, node: sameNode.node });
    await readCells(
      context,
      matrix,
      tenantNames.flatMap((name) =>
        every(matrix, sourcesOf(matrix, name), targetsLike(matrix, new RegExp(`^${name} (pod on \\w+( udp)?|service( udp)?)$`)), allowed),
      ),
    );
    await connections(context, [
      ...[sameNode, otherNode].flatMap((to) =>
        [to.tcp, to.udp, { kind: 'icmp' as const, host: to.address }].map((target): Connection => ({
          ...allowed,
          from: another.place,
          to: target,
          name: `own pod on ${to.node}`,
        })),
      ),
      ...bob.pods.slice(0, 2).map((to): Connection => ({
        ...allowed,
        from: bob.pods[0].place,
        to: { kind: 'icmp', host: to.address },
        name: `own pod on ${to.node}`,
      })),
      {
        role: 'control',
        expect: 'not-reached',
        from: bob.pods[0].place,
        to: { kind: 'icmp', host: alice.pods[0].address },
        name: 'a pod of the other tenant',
      },
      { role: 'control', expect: 'not-reached', from: bob.pods[0].place, to: alice.pods[0].tcp, name: 'a pod of the other tenant' },
    ]);
    const servers = [sameNode, otherNode];
    const answers = await connections(
      context,
      servers.map(({ url, node }): Connection => ({
        role: 'observation',
        expect: { status: 200 },
        from: another.place,
        to: { kind: 'http', url: `${url}/hostname` },
        name: `own pod on ${node}`,
      })),
    );
    for (const [index, { pod }] of servers.entries()) {
      const answer = answers[index];
      if (answer?.kind === 'answered')
        context.observe(
          equal(`who answers for ${pod}`, { expected: pod, saw: answer.body, vantage: context.cluster.placeText(another.place) }),
        );
    }
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ISO-EGRESS-HALF'],
  async (context) => {
    const matrix = await connectionMatrix();
    const open = targetsLike(matrix, /^neutral (pod on \w+( udp)?|service( udp)?|(service|headless) name)$/);
    await readCells(context, matrix, [
      ...tenantNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), open, denied)),
      ...every(matrix, sourcesOf(matrix, 'default'), open, anchor),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
  },
  { uses: ['connection-matrix'] },
);

check(
  requirements['ISO-OTHER-NAMESPACE-IN-DENY'],
  async (context) => {
    const matrix = await connectionMatrix();
    const others = ['default', 'neutral', ...platformNames];
    await readCells(context, matrix, [
      ...others.flatMap((from) =>
        tenantNames.flatMap((to) =>
          every(matrix, sourcesOf(matrix, from), targetsLike(matrix, new RegExp(`^${to} (pod on \\w+|service)$`)), denied),
        ),
      ),
      ...others.flatMap((from) => every(matrix, sourcesOf(matrix, from), targetsLike(matrix, /^neutral (pod on \w+|service)$/), anchor)),
      ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
    ]);
  },
  { uses: ['connection-matrix'] },
);
