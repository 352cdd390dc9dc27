import type { V1Container, V1LimitRange, V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { atApi, noneOf } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { quantity } from '../../../harness/platform/kubernetes/quantity.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { limitNumbers } from './promised-numbers.ts';

type Observer = Pick<CheckContext, 'cluster' | 'observe'>;

/** A part of the LimitRange: `Container.max`. */
export type Constraint =
  | { readonly type: 'Container'; readonly name: 'default' | 'defaultRequest' | 'max' | 'min' }
  | { readonly type: 'PersistentVolumeClaim'; readonly name: 'max' | 'min' };

/** Looks at the limits of every tenant that lives: each number that they set for these constraints. */
export async function observeLivingLimits(
  { cluster: { kubernetes }, observe }: Observer,
  constraints: readonly Constraint[],
): Promise<void> {
  const [tenants, { items }] = await Promise.all([livingTenants(kubernetes), kubernetes.core.listLimitRangeForAllNamespaces()]);
  for (const { name } of tenants) {
    const own = items.filter(({ metadata }) => metadata?.namespace === name);
    for (const constraint of constraints) for (const measured of numbersOfLimits(name, constraint, own)) observe(measured);
  }
}

/** The numbers of all of a tenant's LimitRanges for a constraint: where two differ, it is neither. */
export function numbersOfLimits(tenant: string, constraint: Constraint, ranges: readonly V1LimitRange[]): Measured[] {
  const items = ranges.flatMap(({ spec }) => spec?.limits ?? []).filter(({ type }) => type === constraint.type);
  return Object.entries(expectedOf(constraint)).map(([resource, expected]) => {
    const saw = items.flatMap((item) => item[constraint.name === 'default' ? '_default' : constraint.name]?.[resource] ?? []);
    return {
      subject: `${tenant} ${constraint.type} ${constraint.name} ${resource}`,
      vantage: atApi,
      expected,
      saw: saw.join(', ') || 'not limited',
      held: saw.length > 0 && saw.every((each) => quantity(each) === quantity(expected)),
    };
  });
}

function expectedOf(constraint: Constraint): Readonly<Record<string, string>> {
  return constraint.type === 'Container' ? limitNumbers.Container[constraint.name] : limitNumbers.PersistentVolumeClaim[constraint.name];
}

/** Looks at every container of every tenant that lives: none may be as it is named. */
export async function observeLivingContainers(
  { cluster: { kubernetes }, observe }: Observer,
  { that, is }: { readonly that: string; readonly is: (container: V1Container) => boolean },
): Promise<void> {
  const [tenants, { items }] = await Promise.all([livingTenants(kubernetes), kubernetes.core.listPodForAllNamespaces()]);
  for (const { name } of tenants) {
    const own = items.filter(({ metadata }) => metadata?.namespace === name);
    observe(noneOf(`containers of ${name} ${that}`, { saw: containersThat(own, is) }));
  }
}

/** The containers of pods that have not ended, init containers included, by pod and name. */
export function containersThat(pods: readonly V1Pod[], is: (container: V1Container) => boolean): string[] {
  return pods
    .filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? ''))
    .flatMap(({ metadata, spec }) =>
      [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].filter(is).map(({ name }) => `${metadata?.name}/${name}`),
    );
}

/** Whether a container lacks one of the four values that the defaults give. */
export function isUnconstrained({ resources }: V1Container): boolean {
  const { limits = {}, requests = {} } = resources ?? {};
  return [limits, requests].some((amounts) => amounts['cpu'] === undefined || amounts['memory'] === undefined);
}

/** Whether a container may use more than one container may have. */
export function isAboveMax({ resources }: V1Container): boolean {
  const { max } = limitNumbers.Container;
  return (['cpu', 'memory'] as const).some((resource) => {
    const limit = resources?.limits?.[resource];
    return limit === undefined || quantity(limit) > quantity(max[resource]);
  });
}

/** Whether a container asks for less than one container must ask for. */
export function isBelowMin({ resources }: V1Container): boolean {
  const { min } = limitNumbers.Container;
  return (['cpu', 'memory'] as const).some((resource) => quantity(resources?.requests?.[resource] ?? '0') < quantity(min[resource]));
}

/** Looks at every claim of every tenant that lives: none may ask for an amount beyond the limit. */
export async function observeLivingClaims({ cluster: { kubernetes }, observe }: Observer, limit: 'max' | 'min'): Promise<void> {
  const [tenants, { items }] = await Promise.all([livingTenants(kubernetes), kubernetes.core.listPersistentVolumeClaimForAllNamespaces()]);
  const { storage } = limitNumbers.PersistentVolumeClaim[limit];
  for (const { name } of tenants) {
    const own = items.filter(({ metadata }) => metadata?.namespace === name);
    observe(noneOf(`claims of ${name} ${limit === 'max' ? 'above' : 'below'} ${storage}`, { saw: claimsBeyond(own, limit) }));
  }
}

/** The claims beyond the limit, each with its amount. */
export function claimsBeyond(claims: readonly V1PersistentVolumeClaim[], limit: 'max' | 'min'): string[] {
  const bound = quantity(limitNumbers.PersistentVolumeClaim[limit].storage);
  return claims.flatMap(({ metadata, spec }) => {
    const asked = spec?.resources?.requests?.['storage'] ?? '0';
    const isBeyond = limit === 'max' ? quantity(asked) > bound : quantity(asked) < bound;
    return isBeyond ? [`${metadata?.name} ${asked}`] : [];
  });
}
