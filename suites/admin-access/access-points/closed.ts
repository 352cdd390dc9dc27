import { anchor, denied, every, platformNames, sourcesOf, targetsLike, tenantNames, withinTenant } from '../../fixtures/cells.ts';
import type { Connection } from '../../../harness/probe/connections.ts';
import type { Cell, Matrix } from '../../../harness/probe/matrix.ts';
import type { Door } from '../doors.ts';
import { outsiders } from '../vantages.ts';

/** Ways to a part of the platform, as the connection matrix names its targets. */
export interface Ways {
  /** At the load balancer. */
  readonly published: readonly string[];
  /** Addresses of Services and of pods, which lead nowhere outside of the cluster. */
  readonly inside: RegExp;
}

/**
 * Nobody who is on no list gets through on any way, while those who are do: the admin at the load balancer, the platform's
 * own pods inside.
 */
export function closedToStrangers(matrix: Matrix, { published, inside }: Ways): Cell[] {
  const within = ['default', ...tenantNames].flatMap((name) => sourcesOf(matrix, name));
  const internal = targetsLike(matrix, inside);
  return [
    ...every(matrix, [...outsiders, ...within], published, denied),
    ...every(matrix, within, internal, denied),
    ...every(matrix, outsiders, internal, { role: 'observation', expect: 'not-reached' }),
    ...every(matrix, ['admin'], published, anchor),
    ...platformNames.flatMap((name) => every(matrix, sourcesOf(matrix, name), internal, anchor)),
    ...strangersReachOthers(matrix),
  ];
}

/** The first anchor of a stranger's denial: what each of them does reach. */
export function strangersReachOthers(matrix: Matrix): Cell[] {
  return [
    ...every(matrix, outsiders, ['internet'], anchor),
    ...every(matrix, sourcesOf(matrix, 'default'), targetsLike(matrix, /^neutral pod on \w+$/), anchor),
    ...tenantNames.flatMap((name) => withinTenant(matrix, name)),
  ];
}

/** Nor does a stranger from outside get through a door to the pods themselves, which lets the admin in. */
export function closedDoors(doors: readonly Door[]): Connection[] {
  return doors.flatMap(({ name, to }) => [
    ...outsiders.map((host): Connection => ({ ...denied, from: { host }, to, name })),
    { ...anchor, from: { host: 'admin' }, to, name },
  ]);
}
