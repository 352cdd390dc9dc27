import type { V1Pod } from '@kubernetes/client-node';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';

/** The findings of a watch, each a pod as it was when it was seen so first. */
export interface Watched {
  readonly restarted: readonly V1Pod[];
  readonly unready: readonly V1Pod[];
}

/**
 * Looks through lists of pods that were taken one after the other. A pod counts when it was in the first list, whatever became of it
 * afterwards: one that was unready and then was deleted, or evicted and made again, was unready. A pod that somebody deletes or
 * whose work is done is expected to go, and says nothing from then on.
 */
export function watched(lists: readonly (readonly V1Pod[])[]): Watched {
  const [first = []] = lists;
  const restartsAtFirst = new Map(first.map((pod) => [pod.metadata?.uid, restartsOf(pod)]));
  const restarted = new Map<string, V1Pod>();
  const unready = new Map<string, V1Pod>();
  for (const pod of lists.flat()) {
    const uid = pod.metadata?.uid ?? '';
    const before = restartsAtFirst.get(uid);
    const isExpectedToGo = pod.metadata?.deletionTimestamp !== undefined || pod.status?.phase === 'Succeeded';
    if (before === undefined || isExpectedToGo) continue;
    if (restartsOf(pod) > before && !restarted.has(uid)) restarted.set(uid, pod);
    if (!isReady(pod) && !unready.has(uid)) unready.set(uid, pod);
  }
  return { restarted: [...restarted.values()], unready: [...unready.values()] };
}

/** The restarts of all its containers. */
export function restartsOf({ status }: Pick<V1Pod, 'status'>): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}
