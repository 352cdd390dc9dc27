import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { tokenOf } from '../../fixtures/scratch-tenant.ts';

/** The part of a check's context that asks the API. */
export type Asker = Pick<CheckContext, 'cluster' | 'signal'>;

/** The guide's two tenants are read, and asked with dry runs alone. */
export const ofTenants = { uses: ['tenant-alice', 'tenant-bob'] } as const;

/** The API as a ServiceAccount. Throws when there is no such account. */
export async function asAccount({ cluster: { kubernetes }, signal }: Asker, namespace: string, name = 'tenant-sa'): Promise<Kubernetes> {
  return kubernetes.as(await tokenOf(kubernetes, { namespace, name }, signal));
}
