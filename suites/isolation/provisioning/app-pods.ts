import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { atApi, lateIf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { timedOut } from '../timed-out.ts';
import type { CanineApp } from './canine-apps.ts';
import { atWorkstation } from './guide-script.ts';

type Looker = Pick<CheckContext, 'cluster' | 'signal'>;

/** An app that was made and deployed at the dashboard. */
export function wasDeployed({ project, deployment }: CanineApp): Measured {
  return {
    subject: `project ${project} made and deployed at the dashboard`,
    vantage: atWorkstation,
    expected: 'made',
    saw: deployment.kind === 'made' ? 'made' : deployment.text,
    held: deployment.kind === 'made',
  };
}

/** The pods of a deployed project in all namespaces, once it has one; none where it has none in time. */
export async function podsOf({ cluster, signal }: Looker, project: string): Promise<V1Pod[]> {
  const look = async (): Promise<V1Pod[]> =>
    (await cluster.kubernetes.core.listPodForAllNamespaces({ labelSelector: `app=${project}` })).items;
  const pods = await until(`a pod of ${project}`, { timeoutMs: patience('effect'), everyMs: 500, signal }, async () => {
    const found = await look();
    return found.length > 0 ? { done: found } : { notYet: 'none' };
  }).catch(timedOut);
  return pods instanceof WaitTimeout ? [] : pods;
}

/** Whether there is a Ready pod of a project that is none of those before, within the promised time. */
export async function becomesReady(
  { cluster: { kubernetes }, signal }: Looker,
  { project, before }: { readonly project: string; readonly before: readonly V1Pod[] },
): Promise<Measured> {
  const startedAt = Date.now();
  const timeoutMs = promised.isolation.appReadyMs;
  const known = before.map(({ metadata }) => metadata?.uid);
  const ready = await until(`a new pod of ${project} to be Ready`, { timeoutMs, everyMs: 500, signal }, async () => {
    const { items } = await kubernetes.core.listPodForAllNamespaces({ labelSelector: `app=${project}` });
    return items.some((pod) => !known.includes(pod.metadata?.uid) && isReady(pod))
      ? { done: `after ${(Date.now() - startedAt) / 1000} s` }
      : { notYet: items.map(({ metadata, status }) => `${metadata?.name} ${status?.phase}`).join(', ') || 'none' };
  }).catch(timedOut);
  const isInTime = !(ready instanceof WaitTimeout);
  return {
    subject: `a new pod of ${project}`,
    vantage: atApi,
    expected: `Ready within ${timeoutMs / 1000} s`,
    saw: isInTime ? ready : ready.message,
    held: isInTime,
    ...lateIf(!isInTime),
  };
}
