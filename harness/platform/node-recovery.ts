import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import { runLabel } from '../engine/changes/changes.ts';
import { patient } from '../engine/patience.ts';
import { until } from '../engine/waiting.ts';
import { type Kubernetes, isReady } from './kubernetes/kubernetes.ts';

/** What was well before a node lost its power, by `namespace/name`, and must be again. */
export const wholeNode = z.object({
  /** When the node last told that it lives, by a lease or by a container that it started; by its own clock (RFC 3339). */
  aliveAt: z.string(),
  pods: z.array(z.string()),
  /** Longhorn's, of the whole cluster: each may have lost a replica. */
  volumes: z.array(z.string()),
});
export type WholeNode = z.infer<typeof wholeNode>;

/** Notes what is well on a node. */
export async function wholenessOf(kubernetes: Kubernetes, node: string, signal: AbortSignal): Promise<WholeNode> {
  const [lease, pods, volumes] = await Promise.all([
    leaseTime(kubernetes, node),
    podsOn(kubernetes, node),
    longhornVolumes(kubernetes, signal),
  ]);
  // A lease is renewed every 10 s: a container that started since then would else count as started after the cut.
  const starts = pods.flatMap(startsOf).filter((started) => started !== undefined);
  const aliveAt = new Date(Math.max(lease.getTime(), ...starts.map((started) => started.getTime())));
  return {
    aliveAt: aliveAt.toISOString(),
    pods: pods.filter(isReady).map(nameOf),
    volumes: volumes.filter(isHealthy).map(({ metadata }) => metadata.name),
  };
}

export interface Recovery {
  readonly powerOn: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Powers a node on and waits until all that was well is well again. What the API tells of a dead node is what it was when it
 * died, so nothing counts that is older than that. Throws a WaitTimeout.
 */
export async function recovered(
  kubernetes: Kubernetes,
  { node, whole }: { readonly node: string; readonly whole: WholeNode },
  { powerOn, signal }: Recovery,
): Promise<void> {
  // Not the lease of now: where the power is on again already, as at a second undo, that is newer than what started since.
  const aliveAt = new Date(whole.aliveAt);
  await powerOn();
  await until(`${node} to be as it was before it lost its power`, { timeoutMs: patient(recoveryMs), everyMs: 1000, signal }, async () => {
    const missing = [
      ...(await nodeMissing(kubernetes, node, aliveAt)),
      ...(await podsMissing(kubernetes, { node, whole }, aliveAt)),
      ...(await volumesMissing(kubernetes, whole, signal)),
    ];
    return missing.length === 0 ? { done: undefined } : { notYet: missing.slice(0, 5).join(', ') };
  });
}

const recoveryMs = 170_000;

async function nodeMissing(kubernetes: Kubernetes, node: string, aliveAt: Date): Promise<string[]> {
  const { status } = await kubernetes.core.readNode({ name: node });
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const isBack = ready?.status === 'True' && (ready.lastHeartbeatTime ?? new Date(0)) > aliveAt;
  return isBack ? [] : [`${node} is not Ready`];
}

/** A pod that went elsewhere meanwhile, or was replaced, is none of this node's any more. */
async function podsMissing(
  kubernetes: Kubernetes,
  { node, whole }: { readonly node: string; readonly whole: WholeNode },
  aliveAt: Date,
): Promise<string[]> {
  const pods = await podsOn(kubernetes, node);
  return pods.filter((pod) => whole.pods.includes(nameOf(pod)) && !(isReady(pod) && startedAfter(pod, aliveAt))).map(nameOf);
}

/** One that was deleted meanwhile is not missed, nor one that nobody has attached any more: of that Longhorn does not tell. */
async function volumesMissing(kubernetes: Kubernetes, whole: WholeNode, signal: AbortSignal): Promise<string[]> {
  const volumes = await longhornVolumes(kubernetes, signal);
  return volumes
    .filter((volume) => whole.volumes.includes(volume.metadata.name) && !isHealthy(volume) && volume.status?.state !== 'detached')
    .map(({ metadata, status }) => `volume ${metadata.name} ${status?.robustness}`);
}

async function leaseTime(kubernetes: Kubernetes, node: string): Promise<Date> {
  const { spec } = await kubernetes.coordination.readNamespacedLease({ namespace: 'kube-node-lease', name: node });
  return new Date(spec?.renewTime ?? 0);
}

/** Pods that are to stay: those of runs end with their checks. */
async function podsOn(kubernetes: Kubernetes, node: string): Promise<V1Pod[]> {
  const { items } = await kubernetes.core.listPodForAllNamespaces({
    fieldSelector: `spec.nodeName=${node}`,
    labelSelector: `!${runLabel}`,
  });
  return items.filter(
    ({ metadata, status }) => metadata?.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed',
  );
}

function nameOf({ metadata }: V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function startsOf({ status }: V1Pod): (Date | undefined)[] {
  return (status?.containerStatuses ?? []).map(({ state }) => state?.running?.startedAt);
}

function startedAfter(pod: V1Pod, time: Date): boolean {
  return startsOf(pod).every((started) => (started ?? new Date(0)) > time);
}

interface LonghornVolume {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly robustness?: string; readonly state?: string };
}

/** None where there is no Longhorn. */
async function longhornVolumes(kubernetes: Kubernetes, signal: AbortSignal): Promise<readonly LonghornVolume[]> {
  const { body } = await kubernetes.request({ method: 'GET', path: '/apis/longhorn.io/v1beta2/volumes' }, signal);
  return (body as { items?: LonghornVolume[] }).items ?? [];
}

function isHealthy({ status }: LonghornVolume): boolean {
  return status?.robustness === 'healthy';
}
