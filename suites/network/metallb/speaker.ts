import type { V1Taint } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { killContainer } from '../kill-container.ts';

const namespace = 'metallb-system';
/** Speakers do not tolerate it, and it evicts nobody. */
const keepsAway: V1Taint = { key: 'conform.test/no-speaker', effect: 'NoSchedule' };

/**
 * Crashes the speaker of a node, so that the others hear no farewell, and lets no other start there until the check is over: its
 * pod goes at once, before the kubelet starts it again.
 */
export async function killSpeaker(
  { cluster, changes, signal }: Pick<CheckContext, 'cluster' | 'changes' | 'signal'>,
  node: string,
): Promise<void> {
  const { kubernetes } = cluster;
  await changes.awaitDaemonSet({ namespace, name: 'speaker' });
  const [{ spec }, pods] = await Promise.all([
    kubernetes.core.readNode({ name: node }),
    kubernetes.core.listNamespacedPod({ namespace, labelSelector: 'component=speaker', fieldSelector: `spec.nodeName=${node}` }),
  ]);
  await changes.patch(
    { apiVersion: 'v1', kind: 'Node', metadata: { name: node } },
    { spec: { taints: [...(spec?.taints ?? []), keepsAway] } },
  );
  await Promise.all(
    pods.items.map(async (pod) => {
      await killContainer(cluster, pod, { container: 'speaker', signal });
      await kubernetes.core.deleteNamespacedPod({ namespace, name: pod.metadata?.name ?? '', gracePeriodSeconds: 0 });
    }),
  );
}
