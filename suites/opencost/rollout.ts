import type { V1Deployment, V1Pod, V1ReplicaSet } from '@kubernetes/client-node';
import { atApi, equal } from '../../harness/engine/measured.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { promised } from '../../guide/limits.ts';
import { isOfRun } from './judged.ts';

const { readyMs, noRestartMs } = promised.opencost;

/**
 * How long the last rollout of a Deployment took, from the creation of its newest ReplicaSet; undefined when it is not complete. Pods
 * that became Ready once more later, after a power cut for example, say nothing of it.
 */
export function rolledOutAfterMs(deployment: Pick<V1Deployment, 'metadata' | 'status'>, sets: readonly V1ReplicaSet[]): number | undefined {
  const progressing = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  const ended = progressing?.reason === 'NewReplicaSetAvailable' ? progressing.lastUpdateTime?.getTime() : undefined;
  const own = sets.filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === deployment.metadata?.uid));
  const made = own.map(({ metadata }) => metadata?.creationTimestamp?.getTime() ?? Number.NaN).filter((at) => at <= (ended ?? 0));
  return ended === undefined || made.length === 0 ? undefined : ended - Math.max(...made);
}

/** That a Deployment rolled out in the time that the guide waits for it. */
export function rolledOut(deployment: V1Deployment, sets: readonly V1ReplicaSet[]): Measured {
  const afterMs = rolledOutAfterMs(deployment, sets);
  return {
    subject: `time until Deployment ${deployment.metadata?.name} was complete`,
    vantage: atApi,
    expected: `at most ${readyMs / 1000} s`,
    saw: afterMs === undefined ? 'never' : `${Math.round(afterMs / 1000)} s`,
    held: afterMs !== undefined && afterMs <= readyMs,
  };
}

/** Whether a pod runs and all its containers are ready, or whether it has ended as it should. */
export function isWell(pod: Pick<V1Pod, 'status' | 'metadata'>): boolean {
  if (pod.status?.phase === 'Succeeded') return true;
  return pod.status?.phase === 'Running' && isReady(pod) && (pod.status.containerStatuses ?? []).every(({ ready }) => ready);
}

/** A pod with its state in words. */
export function podText({ metadata, status }: Pick<V1Pod, 'status' | 'metadata'>): string {
  const containers = status?.containerStatuses ?? [];
  const waiting = containers.map(({ state }) => state?.waiting?.reason).find((reason) => reason !== undefined);
  const ready = containers.filter((each) => each.ready).length;
  return `${metadata?.namespace}/${metadata?.name} ${waiting ?? status?.phase ?? 'unknown'} ${ready}/${containers.length}`;
}

/** Pods that are not as they should be, those of runs and those that are on their way out left out. */
export function illOf(pods: readonly V1Pod[]): string[] {
  return pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined && !isOfRun(metadata))
    .filter((pod) => !isWell(pod))
    .map(podText);
}

/** Containers that have restarted in the time before now in which none should, in words. */
export function restarted(pods: readonly V1Pod[], now: number): string[] {
  return pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name, restartCount, lastState }) => {
      const ended = lastState?.terminated?.finishedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
      return restartCount > 0 && now - ended < noRestartMs ? [`${metadata?.name} ${name} ${new Date(ended).toISOString()}`] : [];
    }),
  );
}

/** A workload with the pods that it wants and those that are ready, where they differ, in words. */
export function shortOf(name: string, wanted: number, ready: number): string[] {
  return ready < wanted ? [`${name} ${ready} of ${wanted}`] : [];
}

/** A control: the reader that finds nothing ill does find the pod that is. */
export function findsIll(subject: string, found: readonly string[], expected: readonly string[]): Measured {
  return equal(subject, { expected, saw: expected.filter((name) => found.some((text) => text.includes(name))) });
}
