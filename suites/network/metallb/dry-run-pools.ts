import { metallbNamespace, rangeText } from '../../../harness/platform/metallb/address-pools.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { ApiAnswer } from '../../../harness/platform/kubernetes/api-request.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';

/** A pool that is asked about: beside all others, of addresses that another has, or without addresses. */
export type DryRunPool = 'valid' | 'overlapping' | 'malformed';

/** Asks the API for its answer to a pool, webhooks included, and changes nothing. */
export async function dryRunPool(
  { cluster: { kubernetes, documented }, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  name: DryRunPool,
): Promise<ApiAnswer> {
  const { admin, tenant } = documented.pools;
  // Whatever the pools are called: from the middle of one range to the beginning of the next.
  const taken = rangeText({ first: admin.last, last: tenant.first });
  const pools = await readManifest(`${import.meta.dirname}/dry-run-pools.yaml`, { NAMESPACE: metallbNamespace, TAKEN: taken });
  const body = pools.find(({ metadata }) => metadata?.name === `conform-${name}`);
  if (body === undefined) throw new Error(`dry-run-pools.yaml has no pool conform-${name}`);
  const path = `/apis/metallb.io/v1beta1/namespaces/${metallbNamespace}/ipaddresspools?dryRun=All`;
  return kubernetes.request({ method: 'POST', path, body }, signal);
}

export function answerText({ status, message }: ApiAnswer): string {
  return `${status} ${message}`.trim();
}
