import type { V1Taint } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';

const namespace = 'metallb-system';
/** Speakers do not tolerate it, and it evicts nobody. */
const keepsAway: V1Taint = { key: 'conform.test/no-speaker', effect: 'NoSchedule' };

/** Kills the speaker of a node, and lets no other start there until the check is over. */
export async function killSpeaker(
  { cluster: { kubernetes }, changes }: Pick<CheckContext, 'cluster' | 'changes'>,
  node: string,
): Promise<void> {
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
    pods.items.map(({ metadata }) => kubernetes.core.deleteNamespacedPod({ namespace, name: metadata?.name ?? '', gracePeriodSeconds: 0 })),
  );
}
