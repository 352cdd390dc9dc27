import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { PodPlace } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { admitted, tryToMake } from '../admission.ts';
import { container, podWith } from '../tenant-objects.ts';

/** Starts a pod to probe from, which goes with its namespace. A namespace that takes none is an observation, and the list is empty. */
export async function clientIn(context: CheckContext, namespace: string): Promise<readonly PodPlace[]> {
  const {
    cluster: { kubernetes },
    signal,
  } = context;
  // The namespace may be a fixture's, and a check that looks again has its first pod there.
  const place = { namespace, pod: `conform-client-${nonce()}` };
  const made = await tryToMake(kubernetes, podWith(namespace, place.pod, { containers: [container('client')] }), { signal });
  context.observe(admitted(`a pod in ${namespace}`, made));
  if (made.status !== 201) return [];
  await until(`${namespace}/${place.pod} to run`, { timeoutMs: 60_000, everyMs: 300, signal }, async () => {
    const { status } = await kubernetes.core.readNamespacedPod({ namespace, name: place.pod });
    return status?.phase === 'Running' ? { done: true } : { notYet: status?.phase ?? 'nothing' };
  });
  return [place];
}
