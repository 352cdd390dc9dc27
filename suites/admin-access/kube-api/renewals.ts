import { promised } from '../../../guide/limits.ts';
import { atApi, lateIf } from '../../../harness/engine/measured.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { inTime } from '../../fixtures/in-time.ts';

const { leaseRenewedMs } = promised.adminAccess;

/** When each Lease was renewed last, by `namespace/name`. */
async function renewals({ coordination }: Kubernetes): Promise<Map<string, string>> {
  const { items } = await coordination.listLeaseForAllNamespaces();
  return new Map(
    items.map(({ metadata, spec }) => [
      `${metadata?.namespace}/${metadata?.name}`,
      spec?.renewTime === undefined ? 'never' : new Date(spec.renewTime).toISOString(),
    ]),
  );
}

/** Tells of each Lease whether it was renewed meanwhile: waits until these all were, for the time of one Lease at most. */
export async function watchRenewals(
  kubernetes: Kubernetes,
  holders: readonly string[],
  signal: AbortSignal,
): Promise<(name: string) => boolean> {
  const before = await renewals(kubernetes);
  let now = before;
  const isRenewed = (name: string): boolean => now.has(name) && now.get(name) !== before.get(name);
  await inTime(() =>
    until('Leases to be renewed', { timeoutMs: leaseRenewedMs, everyMs: 1000, signal }, async () => {
      now = await renewals(kubernetes);
      const left = holders.filter((name) => !isRenewed(name));
      return left.length === 0 ? { done: true } : { notYet: left.join(', ') };
    }),
  );
  return isRenewed;
}

/** A Lease that its holder must have renewed meanwhile. */
export function renewed(name: string, isRenewed: boolean): Measured {
  return {
    subject: `Lease ${name}`,
    vantage: atApi,
    expected: `renewed within ${leaseRenewedMs / 1000} s`,
    saw: renewedText(isRenewed),
    held: isRenewed,
    ...lateIf(!isRenewed),
  };
}

/** A Lease that nobody holds, by the same reading. */
export function notRenewed(subject: string, isRenewed: boolean): Measured {
  return { subject, vantage: atApi, expected: 'not renewed', saw: renewedText(isRenewed), held: !isRenewed };
}

function renewedText(isRenewed: boolean): string {
  return isRenewed ? 'renewed' : 'not renewed';
}
