import { nonce } from '../../../harness/engine/stable-key.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Source } from '../../../harness/probe/claims.ts';
import { admitted, tryToMake } from '../admission.ts';
import { container, podWith } from '../tenant-objects.ts';

/** Starts a pod to probe from, which goes with its namespace. A namespace that admits none is an observation, and there is no source. */
export async function clientIn(context: CheckContext, namespace: string): Promise<Source | undefined> {
  const { cluster, observe, signal } = context;
  // The namespace may be a fixture's, and a check that looks again has its first pod there.
  const pod = `conform-client-${nonce()}`;
  const made = await tryToMake(cluster.kubernetes, podWith(namespace, pod, { containers: [container('client')] }), { signal });
  observe(admitted(`a pod in ${namespace}`, made));
  if (made.status !== 201) return undefined;
  await until(`${namespace}/${pod} to run`, { timeoutMs: patience('podReady'), everyMs: 300, signal }, async () => {
    const { status } = await cluster.kubernetes.core.readNamespacedPod({ namespace, name: pod });
    return status?.phase === 'Running' ? { done: true } : { notYet: status?.phase ?? 'nothing' };
  });
  return { name: 'a pod of the new tenant', place: { namespace, pod } };
}
