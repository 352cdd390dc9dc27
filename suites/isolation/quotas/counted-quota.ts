import { patience } from '../../../harness/engine/patience.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';

type Amounts = Readonly<Record<string, string>>;

/** The numbers of a quota in force, and the use that it counts. */
export interface CountedQuota {
  readonly used: Amounts;
  readonly hard: Amounts;
}

/** The quota's own count when it has come to the awaited use; as it is when it does not. Throws when the API cannot be asked. */
export async function countedQuota(
  { cluster: { kubernetes }, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  namespace: string,
  hasCome: (used: Amounts) => boolean,
): Promise<CountedQuota> {
  let last: CountedQuota | undefined;
  try {
    return await until(`the quota of ${namespace} to count`, { timeoutMs: patience('effect'), everyMs: 300, signal }, async () => {
      const { status } = await kubernetes.core.readNamespacedResourceQuota({ namespace, name: 'tenant-quota' });
      last = { used: status?.used ?? {}, hard: status?.hard ?? {} };
      return hasCome(last.used) ? { done: last } : { notYet: JSON.stringify(last.used) };
    });
  } catch (error) {
    if (error instanceof WaitTimeout && last !== undefined) return last;
    throw error;
  }
}
