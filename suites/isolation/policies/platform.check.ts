import { type Claim, type Destination, atHost, denial } from '../../../harness/probe/claims.ts';
import { check } from '../../fixtures/check.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { type EchoGroup, workerNames } from '../../fixtures/echo-group.ts';
import { either, fromGroup, fromHosts, fromKind, toKind } from '../../fixtures/matrix-parts.ts';
import { tenantNames } from '../../fixtures/names.ts';
import { requirements } from '../requirements.ts';
import { answererIn, answering, insiders, openPlatform } from './platform-targets.ts';
import { pingOf, podSources, sourcesIn, websIn } from './sources.ts';

check(requirements['ISO-PLATFORM-POD-DENY'], async (context, { matrix, tenants: { alice } }) => {
  const { cluster, connect } = context;
  const workers = workerNames(cluster).length;
  const open = openPlatform(context, matrix);
  await connect([
    ...tenantNames.map((tenant) =>
      matrix.denial({
        from: sourcesIn(matrix, tenant, workers),
        to: open.map(({ to }) => to),
        sameSourceReaches: websIn(matrix, tenant, workers),
        targetAnswers: answererIn(open),
      }),
    ),
    ...cluster.documented.nodes.flatMap(({ name }) => deniedPings(matrix, alice, name)),
  ]);
});

/** No ping to the platform's pods on a node. The node itself, which no policy keeps from its own pods, pings them. */
function deniedPings(matrix: ConnectionMatrix, { pods }: EchoGroup, node: string): Claim[] {
  const pings = matrix
    .targets(
      either(
        toKind('platform-pod', (target) => target.node === node && !target.listens),
        toKind('pod', (target) => target.of === 'platform' && target.node === node && target.protocol === 'tcp'),
      ),
      { atLeast: 0 },
    )
    .map(pinged);
  if (pings.length === 0) return [];
  return [
    denial({
      // Two nodes are enough: what each node's own policies are is seen by the ports.
      from: podSources('alice', { pods: pods.slice(0, 2) }),
      to: pings,
      sameSourceReaches: pods.slice(0, 1).map((pod) => pingOf('alice', pod)),
      targetAnswers: atHost(node),
    }),
  ];
}

function pinged({ name, target }: Destination): Destination {
  if (target.kind !== 'tcp') throw new Error(`${name} is no TCP target`);
  return {
    name: `${name.slice(0, name.lastIndexOf(name.includes(' port ') ? ' port ' : ':'))} by ping`,
    target: { kind: 'icmp', host: target.host },
  };
}

/** Longhorn's, Canine's and OpenCost's user interfaces, OpenCost's API, and two of them by name. */
const accessPointCount = 6;

check(requirements['ISO-PLATFORM-LB-DENY'], async ({ connect, cluster }, { matrix }) => {
  const workers = workerNames(cluster).length;
  await connect(
    tenantNames.map((tenant) =>
      matrix.denial({
        from: sourcesIn(matrix, tenant, workers),
        to: matrix.targets(toKind('access-point'), accessPointCount),
        sameSourceReaches: websIn(matrix, tenant, workers),
        targetAnswers: matrix.sources(fromHosts('admin'), 1),
      }),
    ),
  );
});

check(requirements['ISO-PLATFORM-DENY-ANY-NP'], async (context, { permissiveMatrix: matrix }) => {
  context.hint(
    async () =>
      'kubectl get globalnetworkpolicies deny-tenant-to-platform-egress -o yaml: which rule denies what was reached, and does its namespaceSelector match the tenant?',
  );
  const { connect, control, cluster } = context;
  const { nodes } = cluster.documented;
  const controlPlanes = nodes.filter(({ role }) => role === 'control-plane').length;
  const points = answering(matrix, matrix.targets(toKind('access-point'), accessPointCount), [
    ...insiders(matrix, nodes),
    ...matrix.sources(fromHosts('admin'), 1),
  ]);
  control({
    subject: 'access points that answer the platform, its nodes or the admin workstation',
    vantage: 'platform, nodes, admin',
    expected: 'some',
    saw: points.map(({ to }) => to.name).join(', '),
    held: points.length > 0,
  });
  const open = [...openPlatform(context, matrix), ...points];
  const of = {
    from: matrix.sources(fromGroup('permissive'), { atLeast: 2 }),
    sameSourceReaches: matrix.targets(
      toKind('pod', ({ group, protocol }) => group === 'neutral' && protocol === 'tcp'),
      workerNames(cluster).length,
    ),
  };
  await connect([
    matrix.denial({ ...of, to: open.map(({ to }) => to), targetAnswers: answererIn(open) }),
    matrix.denial({
      ...of,
      to: matrix.targets(toKind('api'), 3 + controlPlanes),
      targetAnswers: matrix.sources(fromKind('platform'), { atLeast: cluster.documented.platformNamespaces.length }),
    }),
  ]);
});
