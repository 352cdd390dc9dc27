import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { atApi } from '../../harness/engine/measured.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { inTime } from '../fixtures/in-time.ts';

const { readyMs } = promised.opencost;

/** Observes that a pod that is none of `before` is Ready in time, and returns it; undefined when none is. */
export async function anotherPod(
  { cluster, observe, signal }: Pick<CheckContext, 'cluster' | 'observe' | 'signal'>,
  { of, pods, before }: { of: string; pods: { namespace: string; selector: string }; before: readonly V1Pod[] },
): Promise<V1Pod | undefined> {
  const { namespace, selector: labelSelector } = pods;
  const uids = before.map(({ metadata }) => metadata?.uid);
  const came = await inTime(() =>
    until(`another pod of ${of} to be Ready`, { timeoutMs: readyMs, everyMs: 1000, signal }, async () => {
      const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace, labelSelector });
      const other = items.find((pod) => isReady(pod) && !uids.includes(pod.metadata?.uid));
      return other === undefined ? { notYet: items.map(({ status }) => status?.phase).join(', ') || 'no pod' } : { done: other };
    }),
  );
  observe({
    subject: `another pod of ${of}`,
    vantage: atApi,
    expected: `Ready within ${readyMs / 1000} s`,
    saw: came.kind === 'done' ? 'Ready' : came.text,
    held: came.kind === 'done',
  });
  return came.kind === 'done' ? came.value : undefined;
}
