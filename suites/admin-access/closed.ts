import { type Cell, type Matrix } from '../../harness/vantage/matrix.ts';
import { anchor, denied, every, platformNames, sourcesOf, targetsLike, tenantNames, withinTenant } from '../../harness/fixtures/cells.ts';
import { outsiders } from './vantages.ts';

/** Ways to a part of the platform, as the connection matrix names its targets. */
export interface Ways {
  /** At the load balancer. */
  readonly published: readonly string[];
  /** Of the Services' own addresses. */
  readonly services: RegExp;
  readonly pods: RegExp;
}

/**
 * Nobody who is on no list gets through on any way, while those who are do: the admin at the load balancer and at the pods,
 * the platform's own pods at the Services, whose addresses lead nowhere outside of the cluster.
 */
export function closedToStrangers(matrix: Matrix, { published, services, pods }: Ways): Cell[] {
  const within = ['default', ...tenantNames].flatMap((name) => sourcesOf(matrix, name));
  const routed = [...published, ...targetsLike(matrix, pods)];
  const internal = targetsLike(matrix, services);
  return [
    ...every(matrix, [...outsiders, ...within], routed, denied),
    ...every(matrix, within, internal, denied),
    ...every(matrix, outsiders, internal, { role: 'observation', expect: 'not-reached' }),
    ...every(matrix, ['admin'], routed, anchor),
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
