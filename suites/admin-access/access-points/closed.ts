import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { addressesGiven } from '../../../harness/platform/metallb/load-balancer.ts';
import { type Claim, type Destination, denial } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import type { EchoGroup } from '../../fixtures/echo-group.ts';
import { type MatrixTargetIs, either, fromGroup, fromHosts, fromKind, toKind } from '../../fixtures/matrix-parts.ts';
import { platformNames, tenantNames } from '../../fixtures/names.ts';
import type { Door } from '../doors.ts';
import { internet } from '../internet.ts';
import { lanThrough, triedThroughNodes } from '../next-hop.ts';
import { atHosts, outsiders, workstation } from '../vantages.ts';
import { type ServicePlace, endpointNodes } from './access-point.ts';

type IsTarget = (target: MatrixTargetIs) => boolean;

/** The ways to a part of the platform. */
export interface Ways {
  /** At the load balancer, of which there must be so many. */
  readonly published: readonly [IsTarget, number];
  /** Addresses of Services and of pods, which lead nowhere outside of the cluster. */
  readonly inside: IsTarget;
}

/**
 * Nobody who is on no list gets through on any way, while those who are do: the administrator at the load balancer, the
 * platform's own pods inside.
 */
export function closedToStrangers(matrix: ConnectionMatrix, { published: [isPublished, count], inside }: Ways): Claim[] {
  const published = { to: matrix.targets(isPublished, count), targetAnswers: matrix.sources(fromHosts('admin'), 1) };
  const internal = {
    to: matrix.targets(inside, { atLeast: 1 }),
    targetAnswers: matrix.sources(fromKind('platform'), { atLeast: platformNames.length }),
  };
  const outside = outsidersOf(matrix);
  return [
    matrix.denial({ ...outside, ...published }),
    matrix.unreached({ ...outside, ...internal }),
    ...insidersOf(matrix).flatMap((each) => [matrix.denial({ ...each, ...published }), matrix.denial({ ...each, ...internal })]),
  ];
}

/** Hosts on no list with their first anchor. */
export function outsidersOf(matrix: ConnectionMatrix): Pick<Parameters<typeof denial>[0], 'from' | 'sameSourceReaches'> {
  return {
    from: matrix.sources(fromHosts(...outsiders), outsiders.length),
    sameSourceReaches: matrix.targets(toKind('internet'), 1),
  };
}

/** Ordinary pods and those of each tenant, each group with its first anchor: ordinary ones reach pods without policies, tenants their own. */
export function insidersOf(
  matrix: ConnectionMatrix,
  groups: readonly string[] = ['default', ...tenantNames],
): Pick<Parameters<typeof denial>[0], 'from' | 'sameSourceReaches'>[] {
  return groups.map((group) => {
    const reached = group === 'default' ? 'neutral' : group;
    const isOwn = toKind('pod', (pod) => pod.group === reached && pod.protocol === 'tcp' && pod.listens);
    return {
      from: matrix.sources(fromGroup(group), { atLeast: 2 }),
      sameSourceReaches: matrix.targets(isOwn, { atLeast: 2 }),
    };
  });
}

/** The access points of a name, by address and by name. */
export function accessPoints(...names: readonly Extract<MatrixTargetIs, { kind: 'access-point' }>['of'][]): IsTarget {
  return toKind('access-point', ({ of }) => names.includes(of));
}

/** Living Services and pods of the platform, by predicates. */
export function living(
  isService: (service: Extract<MatrixTargetIs, { kind: 'platform-service' }>) => boolean,
  isPod: (pod: Extract<MatrixTargetIs, { kind: 'platform-pod' }>) => boolean,
): IsTarget {
  return either(
    toKind('platform-service', isService),
    toKind('platform-pod', (pod) => pod.listens && isPod(pod)),
  );
}

/** Nor does a stranger from outside get through a door to the pods themselves, which lets the administrator in. */
export function closedDoors(cluster: Cluster, doors: readonly Door[]): Claim {
  return denial({ from: atHosts(outsiders), to: doors, sameSourceReaches: internet(cluster), targetAnswers: workstation });
}

interface Published {
  readonly service: ServicePlace;
  readonly ports: readonly number[];
  readonly firstPort: number;
}

/**
 * Nor does a host of the LAN that takes any of the nodes that can serve a published address as its next hop, announcer or not:
 * each of them applies the policies by itself. Nothing is tried where no node serves it.
 */
export async function closedThroughNodes(
  context: CheckContext,
  { service: open }: EchoGroup,
  { service, ports, firstPort }: Published,
): Promise<void> {
  const { kubernetes } = context.cluster;
  const [hosting, published] = await Promise.all([endpointNodes(kubernetes, service), kubernetes.core.readNamespacedService(service)]);
  const to = addressesGiven(published).flatMap((host) =>
    ports.map((port): Destination => ({ name: `${service.namespace}/${service.name}, port ${port}`, target: { kind: 'tcp', host, port } })),
  );
  if (to.length === 0 || hosting.length === 0) return;
  const sameSourceReaches: Destination = { name: 'an unprotected Service', target: { kind: 'tcp', host: open.clusterIp, port: 80 } };
  const claims = hosting.map((node) => denial({ from: lanThrough(node), to, sameSourceReaches, targetAnswers: workstation }));
  await context.connect(await triedThroughNodes(context, claims, firstPort));
}
