import type { V1ResourceQuota } from '@kubernetes/client-node';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { atApi, equal } from '../../../harness/engine/measured.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { quantity } from '../../../harness/platform/kubernetes/quantity.ts';
import { livingTenants } from '../../fixtures/living-tenants.ts';
import { type QuotaResource, quotaNumbers } from './promised-numbers.ts';

/** The checks that look at living tenants run beside each other, and beside none that changes the documented ones. */
export const livingUses = { uses: ['tenant-alice', 'tenant-bob'] } as const;

/** Looks at the quota of every tenant that lives: the number that it sets for a resource, and the use that it counts. */
export async function observeLivingQuotas(
  { cluster: { kubernetes }, observe }: Pick<CheckContext, 'cluster' | 'observe'>,
  resource: QuotaResource,
): Promise<void> {
  const [tenants, { items }] = await Promise.all([livingTenants(kubernetes), kubernetes.core.listResourceQuotaForAllNamespaces()]);
  for (const { name } of tenants) {
    const quota = items.find(({ metadata }) => metadata?.namespace === name && metadata.name === 'tenant-quota');
    for (const measured of numberOfQuota(name, resource, quota)) observe(measured);
  }
}

/** A tenant's number for a resource, and the tenant's use of it: who had more before a quota was lowered or made keeps it. */
export function numberOfQuota(tenant: string, resource: QuotaResource, quota: V1ResourceQuota | undefined): Measured[] {
  const subject = `${tenant} ${resource}`;
  const expected = quotaNumbers[resource];
  if (quota === undefined) return [equal(subject, { expected, saw: 'no quota tenant-quota' })];
  const used = quota.status?.used?.[resource];
  return [
    { subject, vantage: atApi, expected, saw: hardText(resource, quota), held: isInForce(resource, quota, expected) },
    {
      subject: `${subject} in use`,
      vantage: atApi,
      expected: `at most ${expected}`,
      saw: used ?? 'not counted',
      held: used !== undefined && quantity(used) <= quantity(expected),
    },
  ];
}

/** Admission decides by the status, which the controller copies from the specification. */
function isInForce(resource: QuotaResource, quota: V1ResourceQuota, expected: string): boolean {
  const numbers = [quota.spec?.hard?.[resource], quota.status?.hard?.[resource]];
  return scopesOf(quota).length === 0 && numbers.every((each) => each !== undefined && quantity(each) === quantity(expected));
}

function hardText(resource: QuotaResource, quota: V1ResourceQuota): string {
  const [asked, inForce] = [quota.spec?.hard?.[resource] ?? 'not limited', quota.status?.hard?.[resource] ?? 'not limited'];
  const scopes = scopesOf(quota);
  return [
    asked,
    ...(asked === inForce ? [] : [`${inForce} in force`]),
    ...(scopes.length === 0 ? [] : [`for ${scopes.join(', ')} alone`]),
  ].join(', ');
}

/** A quota with a scope counts nothing else (Kubernetes: Quota scopes). */
function scopesOf({ spec }: V1ResourceQuota): string[] {
  return [...(spec?.scopes ?? []), ...(spec?.scopeSelector?.matchExpressions ?? []).map(({ scopeName }) => scopeName)];
}
