import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Claim, type Destination, reach } from '../../../harness/probe/claims.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { check } from '../../fixtures/check.ts';
import { closedPorts } from '../../fixtures/connection-matrix.ts';
import { type EchoPod, startEchoPod, workerNames } from '../../fixtures/echo-group.ts';
import { either, toKind } from '../../fixtures/matrix-parts.ts';
import { tenantNames } from '../../fixtures/names.ts';
import { requirements } from '../requirements.ts';
import { observeOpenToItself } from './no-way-in.ts';
import { sctpTargets } from './sctp.ts';
import { bothDirections, closedUdpOf, pingOf, podSource, podSources, sourcesIn, webOf, websIn } from './sources.ts';

check(
  requirements['ISO-SAME-NAMESPACE-ALLOW'],
  async (context, { matrix, tenants }) => {
    const { connect, cluster } = context;
    const workers = workerNames(cluster).length;
    await connect(
      bothDirections.map(([own, other]) =>
        matrix.reach({
          from: sourcesIn(matrix, own, workers),
          // Ports that nobody listens on refuse, which only a packet that came through is answered with.
          to: matrix.targets(
            either(
              toKind('pod', ({ group }) => group === own),
              toKind('service', ({ group, by }) => group === own && by === 'address'),
            ),
            workers + 1 + workers * closedPorts.length + 2,
          ),
          unlike: websIn(matrix, other, workers),
        }),
      ),
    );
    // The tenants have one pod on a node: of the matrix, a pod sends to its own node only what it sends to itself.
    const [sameNode, otherNode] = tenants.alice.pods;
    const another = await startEchoPod(context, { namespace: tenants.alice.namespace, node: sameNode.node });
    const servers = [sameNode, otherNode];
    const sctp = await Promise.all(servers.map((server) => sctpTargets(context, 'alice', server)));
    await connect([
      reach({
        from: { name: `another pod of alice on ${another.node}`, place: another.place },
        to: [...servers.flatMap(eachProtocolOf), ...sctp.flat()],
        unlike: webOf('bob', tenants.bob.pods[0]),
      }),
      ...tenantNames.map((name) => pings(name, tenants)),
    ]);
    await observeAnswers(context, another, servers);
    await observeOpenToItself(context);
  },
  { uses: ['global-policies'] },
);

function eachProtocolOf(pod: EchoPod): Destination[] {
  const { node, address, udp } = pod;
  const closed = closedPorts.map((port): Destination => ({
    name: `alice pod on ${node} port ${port}/tcp`,
    target: { kind: 'tcp', host: address, port, listens: false },
  }));
  return [
    webOf('alice', pod),
    { name: `alice pod on ${node} port 8081/udp`, target: udp },
    pingOf('alice', pod),
    closedUdpOf('alice', pod),
    ...closed,
  ];
}

/** Every pod of a tenant pings every other; the other tenant's pods give it no answer. */
function pings(name: 'alice' | 'bob', tenants: Readonly<Record<'alice' | 'bob', { readonly pods: readonly EchoPod[] }>>): Claim {
  const other = name === 'alice' ? 'bob' : 'alice';
  return reach({
    from: podSources(name, tenants[name]),
    to: tenants[name].pods.map((pod) => pingOf(name, pod)),
    unlike: tenants[other].pods.slice(0, 1).map((pod) => pingOf(other, pod)),
  });
}

/** That the pod itself has answered, and nobody in its place. */
async function observeAnswers({ cluster, connect, observe }: CheckContext, from: EchoPod, servers: readonly EchoPod[]): Promise<void> {
  const source = podSource('another pod of alice', from);
  const outcomes = await connect(
    servers.map(({ url, node }) =>
      reach({ from: source, to: { name: `alice pod on ${node}, by HTTP`, target: { kind: 'http', url: `${url}/hostname` } }, status: 200 }),
    ),
  );
  for (const [index, { pod, node }] of servers.entries()) {
    const answer = outcomes[index]?.[0];
    if (answer?.kind === 'answered')
      observe(
        equal(`who answers for the pod of alice on ${node}`, { expected: pod, saw: answer.body, vantage: cluster.placeText(from.place) }),
      );
  }
}
