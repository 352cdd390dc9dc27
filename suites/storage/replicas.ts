import { patience } from '../../harness/engine/patience.ts';
import { atApi, equal, lateIf } from '../../harness/engine/measured.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { FixtureContext } from '../../harness/platform/check.ts';
import { type LonghornReplica, longhorn, longhornRef } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { type InTime, inTime } from '../fixtures/in-time.ts';
import { readPattern } from './pattern.ts';
import { type ClaimPlace, arrived, detached, mountedOn, removePod } from './scratch-volumes.ts';
import type { CheckContext } from '../../harness/platform/check.ts';

/** Replicas that the guide asks for (Install Longhorn: defaultClassReplicaCount). */
export const documentedReplicas = 3;

type Tools = Pick<FixtureContext, 'cluster' | 'signal'>;

/** A replica that has all data: it is not failed, its process runs, and the engine of the attached volume reads and writes it. */
export function isWhole({ metadata, spec, status }: LonghornReplica, modes: Readonly<Record<string, string>>): boolean {
  return (spec.failedAt ?? '') === '' && status?.currentState === 'running' && modes[metadata.name] === 'RW';
}

/** The workers of an attached volume's whole replicas, one entry a replica. */
export async function wholeOn({ cluster, signal }: Tools, volume: string): Promise<string[]> {
  const api = longhorn(cluster.kubernetes, signal);
  const [replicas, modes] = await Promise.all([api.replicas(volume), api.modes(volume)]);
  return replicas.filter((replica) => isWhole(replica, modes)).map(({ spec }) => spec.nodeID ?? 'no node');
}

/** Waits until a volume has so many whole replicas; their workers, whichever those are, or the words of the time-out. */
export async function wholeReplicas(
  context: Tools,
  volume: string,
  { count, timeoutMs }: { readonly count: number; readonly timeoutMs: number },
): Promise<InTime<string[]>> {
  return inTime(() =>
    until(`${count} whole replicas`, { timeoutMs, everyMs: 1000, signal: context.signal }, async () => {
      const workers = await wholeOn(context, volume);
      return workers.length >= count ? { done: workers } : { notYet: workers.join(', ') || 'none' };
    }),
  );
}

/** That a volume has a whole replica on each of these workers, and no other one. */
export function onEach(subject: string, workers: readonly string[], seen: InTime<string[]>): Measured {
  if (seen.kind === 'done') return equal(subject, { expected: workers, saw: seen.value });
  return { subject, vantage: atApi, expected: workers.join(', '), saw: seen.text, held: false, ...lateIf(true) };
}

/**
 * Reads a file back from every single replica of a volume, the others counting as failed, and says of each whether it has the data.
 * The volume must be detached, and is good for nothing else afterwards: a mount writes to the one replica that it has.
 */
export async function readFromEach(
  context: CheckContext,
  place: ClaimPlace,
  { volume, file, digest, of }: { readonly volume: string; readonly file: string; readonly digest: string; readonly of: readonly string[] },
): Promise<void> {
  const { cluster, observe, signal } = context;
  for (const node of of) {
    const replicas = await longhorn(cluster.kubernetes, signal).replicas(volume);
    // A rebuild may leave the failed one beside the new one.
    const there = replicas.filter(({ spec }) => spec.nodeID === node);
    const only = there.find(({ spec }) => (spec.failedAt ?? '') === '') ?? there[0];
    if (only === undefined) throw new Error(`volume ${volume} has no replica on ${node}`);
    await leaveAlone(context, { volume, replicas, only: only.metadata.name });
    const pod = arrived(context, `the volume with the replica on ${node} alone`, await mountedOn(context, place, node));
    if (pod === undefined) return;
    const [serving, read] = await Promise.all([wholeOn(context, volume), readPattern(context, pod, file)]);
    observe(equal(`workers of the replicas from which it was read, ${node} alone`, { expected: [node], saw: serving }));
    observe(equal(`checksum read from the replica on ${node} alone`, { expected: digest, saw: read, vantage: `pod on ${node}` }));
    await removePod(context, pod);
    await detached(context, volume);
  }
}

/** Longhorn starts no failed replica, and makes none anew for a volume that has as many as it asks for (longhorn-manager v1.10, volume_controller.go). */
async function leaveAlone(
  { cluster: { kubernetes }, signal }: Tools,
  { volume, replicas, only }: { readonly volume: string; readonly replicas: readonly LonghornReplica[]; readonly only: string },
): Promise<void> {
  const ask = async (numberOfReplicas: number): Promise<unknown> =>
    kubernetes.raw.patch(longhornRef('Volume', volume), { spec: { numberOfReplicas } }, signal);
  const mark = async (name: string, failedAt: string): Promise<unknown> =>
    kubernetes.raw.patch(longhornRef('Replica', name), { spec: { failedAt } }, signal);
  // In this order there is never a volume without a replica, which Longhorn would salvage, nor one with more than it asks for.
  await ask(documentedReplicas);
  await mark(only, '');
  const now = new Date().toISOString().replace(/\.\d+/, '');
  for (const { metadata } of replicas.filter((replica) => replica.metadata.name !== only)) await mark(metadata.name, now);
  await ask(1);
}

/** Waits until Longhorn calls a volume degraded: it has noticed the loss of a replica. Throws a WaitTimeout. */
export async function degraded({ cluster, signal }: Tools, volume: string): Promise<string> {
  return until('the volume to be degraded', { timeoutMs: patience('volumeSettled'), everyMs: 1000, signal }, async () => {
    const robustness = (await longhorn(cluster.kubernetes, signal).volume(volume))?.status?.robustness ?? 'gone';
    return robustness === 'degraded' ? { done: robustness } : { notYet: robustness };
  });
}

/**
 * The worker to lose, and the two that stay. Not one with the attacher of the CSI driver, where the cluster has a single one: its
 * absence would be felt by every volume, and is another matter.
 */
export async function workersForLoss({ cluster }: Tools): Promise<{ lost: string; staying: [string, string] }> {
  const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace: 'longhorn-system', labelSelector: 'app=csi-attacher' });
  const attachers = new Set(items.map(({ spec }) => spec?.nodeName ?? ''));
  const workers = workerNames(cluster);
  const lost = workers.findLast((name) => attachers.size > 1 || !attachers.has(name));
  const [one, other] = workers.filter((name) => name !== lost);
  if (lost === undefined || one === undefined || other === undefined) throw new Error('three workers are needed to lose one of them');
  return { lost, staying: [one, other] };
}
