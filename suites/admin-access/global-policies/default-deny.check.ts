import { type CheckContext } from '../../../harness/platform/check.ts';
import { type Claim, type Destination, type Source, atHost, denial } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { type EchoGroup, type EchoPod, startEchoPod } from '../../fixtures/echo-group.ts';
import { fromGroup, fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { tenantNames } from '../../fixtures/names.ts';
import { check } from '../check.ts';
import { controlPlanes } from '../documented-nodes.ts';
import { type Door, openDoors, toEchoPod } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { spreadOver } from '../spread.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';
import { heardText, requestsIn } from './requests.ts';
import { whichRule } from './which-rule.ts';

/** A port of echo pods where nobody listens: a packet that comes through is refused. */
const closedPort = 8079;
const ports = [{ port: 8080 }, { port: 8081, protocol: 'UDP' }, { port: closedPort, listens: false }] as const;

check(
  requirements['ADM-GNP-DEFAULT-DENY'],
  async (context, { matrix, wayIn, neutral, ordinary, tenants: { alice } }) => {
    const { cluster, connect, hint, observe } = context;
    hint(whichRule);
    const guarded = await guardedPods(context, neutral);
    const published = guarded.filter(({ node }) => neutral.pods.some((pod) => pod.node === node));
    const [unprotected, ...doors] = await Promise.all([
      openDoors(context, wayIn, toEchoPod({ ...neutral.pods[0], name: 'an unprotected pod' }, ports)),
      ...published.map((pod) => openDoors(context, wayIn, toEchoPod({ ...pod, name: nameOf(pod) }, ports))),
    ]);
    await connect([
      ...fromOutside(doors.flat(), unprotected),
      ...guarded.flatMap((pod) => fromInside(pod, { cluster, neutral, ordinary, alice })),
      ...closedPortsOfLivingPods(cluster, matrix),
    ]);
    for (const pod of guarded) {
      const log = await cluster.kubernetes.core.readNamespacedPodLog({ namespace: pod.namespace, name: pod.pod });
      // The administrator asks over both by the door, the pod's own node over UDP: those anchors are all that a server may hear.
      const expected = published.includes(pod) ? { http: 1, udp: 2 } : { http: 0, udp: 1 };
      const saw = requestsIn(log);
      observe({
        subject: `requests that the ${nameOf(pod)} has heard from everybody`,
        vantage: "the server's log",
        expected: heardText(expected),
        saw: heardText(saw),
        held: saw.http === expected.http && saw.udp === expected.udp,
      });
    }
  },
  { deadlineMs: 180_000 },
);

function nameOf({ namespace, node }: Pick<EchoPod, 'namespace' | 'node'>): string {
  return `echo pod of ${namespace} on ${node}`;
}

/** Echo pods of the platform, so that each of its namespaces has one on a worker, and each node has one: every Felix is tried. */
async function guardedPods(context: CheckContext, neutral: EchoGroup): Promise<EchoPod[]> {
  const { platformNamespaces } = context.cluster.documented;
  const onWorkers = spreadOver(
    platformNamespaces,
    neutral.pods.map(({ node }) => node),
  );
  const others = controlPlanes(context.cluster).map(({ name }, index) => ({
    namespace: platformNamespaces[index % platformNamespaces.length] ?? '',
    node: name,
  }));
  return Promise.all([...onWorkers, ...others].map((spot) => startEchoPod(context, spot)));
}

/** Who is on no list gets through no door, on ports that answer and on one that refuses. */
function fromOutside(doors: readonly Door[], unprotected: readonly Door[]): Claim[] {
  const anchors = unprotected.filter(({ port }) => port !== closedPort).map(asRequest);
  return [denial({ from: atHosts(outsiders), to: doors.map(asRequest), sameSourceReaches: anchors, targetAnswers: workstation })];
}

/** What is asked of a door: over TCP for a name, of which the server's log tells. */
function asRequest({ name, port, target }: Door): Destination {
  return target.kind === 'udp' || port === closedPort
    ? { name, target }
    : { name, target: { kind: 'http', url: `http://${target.host}:${target.port}/hostname` } };
}

interface Insiders {
  readonly cluster: CheckContext['cluster'];
  readonly neutral: EchoGroup;
  readonly ordinary: EchoGroup;
  readonly alice: EchoGroup;
}

/** Nor does anybody inside reach a pod: other nodes, ordinary pods, a tenant's. Its own node always does (E94), and so anchors it. */
function fromInside(pod: EchoPod, { cluster, neutral, ordinary, alice }: Insiders): Claim[] {
  const nodes = cluster.documented.nodes.map(({ name }) => name).filter((name) => name !== pod.node);
  const ofPods = [...podSources(ordinary, 'default'), ...podSources(alice, 'alice')];
  const [open, first, second] = [
    { name: 'an unprotected pod', target: neutral.pods[0].tcp },
    { name: "alice's first pod", target: alice.pods[0].tcp },
    { name: "alice's second pod", target: alice.pods[1].tcp },
  ];
  const anchors = {
    sameSourceReaches: ({ name }: Source): Destination =>
      name.startsWith('alice') ? (name.endsWith(alice.pods[0].node) ? second : first) : open,
    targetAnswers: atHost(pod.node),
  };
  const name = nameOf(pod);
  const connections: Destination[] = [
    { name: `${name}, port 8080`, target: pod.tcp },
    { name: `${name}, port ${closedPort}`, target: { kind: 'tcp', host: pod.address, port: closedPort, listens: false } },
  ];
  // A datagram costs a process, unlike a connection: one source of each kind sends them.
  const datagrams: Destination[] = [
    { name: `${name}, port 8081/udp`, target: pod.udp },
    { name: `${name}, ping`, target: { kind: 'icmp', host: pod.address } },
  ];
  return [
    denial({ from: [...atHosts(nodes), ...ofPods], to: connections, ...anchors }),
    denial({ from: [...atHosts(nodes.slice(0, 1)), ...ofPods.filter((_, index) => index % 2 === 0)], to: datagrams, ...anchors }),
  ];
}

/** The first two pods of a group. */
function podSources({ pods }: EchoGroup, group: string): Source[] {
  return pods.slice(0, 2).map(({ node, place }) => ({ name: `${group} on ${node}`, place }));
}

/** The platform's own pods, each that there is: neither ordinary pods nor tenants get a packet to a port where nobody listens. */
function closedPortsOfLivingPods({ documented }: CheckContext['cluster'], matrix: ConnectionMatrix): Claim[] {
  const closed = toKind('platform-pod', ({ listens }) => !listens);
  // Each namespace has a pod at least, or the platform is not there.
  matrix.targets(closed, { atLeast: documented.platformNamespaces.length });
  const anchorOf: Readonly<Record<string, string>> = { default: 'neutral', ...Object.fromEntries(tenantNames.map((name) => [name, name])) };
  return documented.nodes.flatMap(({ name: node }) => {
    const to = matrix.targets(
      toKind('platform-pod', (pod) => !pod.listens && pod.node === node),
      { atLeast: 0 },
    );
    if (to.length === 0) return [];
    return Object.entries(anchorOf).map(([group, reached]) =>
      matrix.denial({
        from: matrix.sources(fromGroup(group), { atLeast: 2 }),
        to,
        sameSourceReaches: matrix.targets(
          toKind('pod', (pod) => pod.group === reached && pod.protocol === 'tcp' && pod.listens),
          { atLeast: 2 },
        ),
        targetAnswers: matrix.sources(fromHosts(node), 1),
      }),
    );
  });
}
