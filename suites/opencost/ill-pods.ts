import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import { fixture } from '../../harness/platform/check.ts';

/** What a health check must notice, in a namespace of its own. */
interface IllPods {
  readonly namespace: string;
  /** Runs, and is never ready. */
  readonly unready: string;
  /** Its image does not exist. */
  readonly noImage: string;
  /** A Service that asks for an address which no pool has. */
  readonly pending: string;
}

/** Waits until the one pod runs and the other one's image has not come. */
export const illPods = fixture({ name: 'pods that are ill' }, async ({ cluster, changes, signal }): Promise<IllPods> => {
  const own = nonce();
  const made = {
    namespace: `conform-ill-${own}`,
    unready: `conform-unready-${own}`,
    noImage: `conform-no-image-${own}`,
    pending: `conform-pending-${own}`,
  };
  await changes.createFrom(`${import.meta.dirname}/ill-pods.yaml`, {
    NAMESPACE: made.namespace,
    UNREADY: made.unready,
    NOIMAGE: made.noImage,
    PENDING: made.pending,
    ADDRESS: cluster.documented.lan.unused,
  });
  const options = { timeoutMs: patience('podReady'), everyMs: 1000, signal };
  await until(`pod ${made.unready} to run`, options, async () => {
    const { status } = await cluster.kubernetes.core.readNamespacedPod({ namespace: made.namespace, name: made.unready });
    return status?.phase === 'Running' ? { done: undefined } : { notYet: status?.phase ?? 'no phase' };
  });
  return made;
});
