import { equal } from '../../../harness/engine/measured.ts';
import type { Claim } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { fromHosts, toKind } from '../../fixtures/matrix-parts.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { workstation } from '../vantages.ts';
import { endpointNodes } from './access-point.ts';
import { living } from './closed.ts';

/** The product behind .100, .101 and .102, by a Service of the cluster before it, its workload and the ports of both. */
const accessPoints = [
  { namespace: 'longhorn-system', name: 'longhorn-frontend', workload: 'longhorn-ui', servicePorts: [80], podPorts: [8000] },
  { namespace: 'canine', name: 'canine', workload: undefined, servicePorts: [80], podPorts: [3000] },
  { namespace: 'opencost', name: 'opencost', workload: 'opencost', servicePorts: [9003, 9090], podPorts: [9003, 9090] },
] as const;
type AccessPoint = (typeof accessPoints)[number];

check(requirements['ADM-NODE-VANTAGE'], async ({ cluster, connect, control, hint }, { matrix, platformDoors: doors }) => {
  hint(async () => 'kubectl get globalnetworkpolicies.projectcalico.org -o yaml: which rule admits addresses of nodes?');
  const nodes = cluster.documented.nodes.map(({ name }) => name);
  const hosts = await Promise.all(accessPoints.map((point) => endpointNodes(cluster.kubernetes, point)));
  for (const [index, { namespace, name }] of accessPoints.entries())
    control({
      subject: `nodes that host ${namespace}/${name}, which reach it past every policy (E94)`,
      vantage: 'Kubernetes API',
      expected: 'not all nodes',
      saw: hosts[index]?.join(', ') || 'none',
      held: (hosts[index] ?? []).length > 0 && (hosts[index] ?? []).length < nodes.length,
    });
  await connect([
    ...accessPoints.map((point, index) => closedToOtherNodes(matrix, point, { nodes, hosting: hosts[index] ?? [] })),
    // The administrator gets in from outside in the same run.
    {
      attempts: [...doors.longhornUi, ...doors.canine, ...doors.opencost].map((to) => ({
        role: 'control',
        from: workstation,
        to,
        expect: 'reached',
      })),
    },
  ]);
  control(
    equal('nodes that were asked from', {
      expected: nodes,
      saw: matrix.sources((source) => source.kind === 'host' && source.where === 'node', { atLeast: 1 }).map(({ name }) => name),
    }),
  );
});

/** Nodes without the endpoint reach neither Service nor pod, while each of them reaches the API, and a node with it does reach both. */
function closedToOtherNodes(
  matrix: ConnectionMatrix,
  { namespace, name, workload, servicePorts, podPorts }: AccessPoint,
  { nodes, hosting }: { nodes: readonly string[]; hosting: readonly string[] },
): Claim {
  const others = nodes.filter((node) => !hosting.includes(node));
  const ways = living(
    (service) => service.namespace === namespace && service.name === name && servicePorts.some((port) => port === service.port),
    (pod) =>
      pod.namespace === namespace && (workload === undefined || pod.workload === workload) && podPorts.some((port) => port === pod.port),
  );
  return matrix.denial({
    from: matrix.sources(fromHosts(...others), others.length),
    to: matrix.targets(ways, { atLeast: 2 }),
    sameSourceReaches: matrix.targets(
      toKind('api', ({ at }) => at === 'service'),
      1,
    ),
    targetAnswers: matrix.sources(fromHosts(...hosting), hosting.length),
  });
}
