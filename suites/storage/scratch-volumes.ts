import { patience } from '../../harness/engine/patience.ts';
import { lateIf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext, FixtureContext } from '../../harness/platform/check.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';
import { readyPods } from '../../harness/platform/kubernetes/kubernetes.ts';
import { type LonghornVolume, longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { type InTime, inTime } from '../fixtures/in-time.ts';

/** The guide's class (Install Longhorn). */
export const guideClass = 'longhorn';

/** A claim by its namespace and name. */
export interface ClaimPlace {
  readonly namespace: string;
  readonly claim: string;
}

interface ClaimRequest {
  readonly size?: string;
  readonly storageClass?: string;
  readonly mode?: 'ReadWriteOnce' | 'ReadWriteMany';
}

/** A namespace for volumes of a check's own; they go with it. */
export async function scratchNamespace({ changes }: Pick<FixtureContext, 'changes'>, labels: Record<string, string> = {}): Promise<string> {
  const namespace = `conform-volumes-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
  return namespace;
}

/** Makes a claim; small enough for a disk of any size, large enough for an xfs, unless told. */
export async function makeClaim(
  { changes }: Pick<FixtureContext, 'changes'>,
  { namespace, claim }: ClaimPlace,
  { size = '512Mi', storageClass = guideClass, mode = 'ReadWriteOnce' }: ClaimRequest = {},
): Promise<ClaimPlace> {
  const values = { NAMESPACE: namespace, NAME: claim, SIZE: size, CLASS: storageClass, MODE: mode };
  await changes.createFrom(`${import.meta.dirname}/claim.yaml`, values);
  return { namespace, claim };
}

/** A claim in a namespace of its own. */
export async function newClaim(context: FixtureContext, request: ClaimRequest = {}): Promise<ClaimPlace> {
  return makeClaim(context, { namespace: await scratchNamespace(context), claim: 'volume' }, request);
}

/** Starts a pod on a worker that has the volume, and does not wait for it. */
export async function startPod(
  { changes }: Pick<FixtureContext, 'changes'>,
  { namespace, claim }: ClaimPlace,
  { node, name = `on-${node}` }: { readonly node: string; readonly name?: string },
): Promise<PodPlace> {
  const values = { NAMESPACE: namespace, CLAIM: claim, NODE: node, NAME: name };
  await changes.createFrom(`${import.meta.dirname}/volume-pod.yaml`, values);
  return { namespace, pod: name };
}

/** Waits until a pod is Ready: its volume is made, attached and mounted by then. Throws a WaitTimeout. */
export async function podReady(
  { cluster, signal }: Pick<FixtureContext, 'cluster' | 'signal'>,
  { namespace, pod }: PodPlace,
  timeoutMs = patience('volumeMounted'),
): Promise<void> {
  await readyPods(cluster.kubernetes, { namespace, selector: `conform-pod=${pod}`, count: 1, timeoutMs }, signal);
}

/** A pod on a worker that has the volume, Ready, or the words of the time-out. */
export async function mountedOn(context: FixtureContext, place: ClaimPlace, node: string): Promise<InTime<PodPlace>> {
  const pod = await startPod(context, place, { node });
  return inTime(async () => {
    await podReady(context, pod);
    return pod;
  });
}

/**
 * Observes that something of a volume came. Where it did not, what comes after it would only say the same, and there is no value.
 */
export function arrived<T>({ observe }: Pick<CheckContext, 'observe'>, subject: string, result: InTime<T>): T | undefined {
  const isLate = result.kind === 'late';
  const saw = isLate ? result.text : 'it came';
  observe({ subject, vantage: 'Kubernetes API', expected: 'it comes', saw, held: !isLate, ...lateIf(isLate) });
  return isLate ? undefined : result.value;
}

/** The same for several, of which all must have come. */
export function allArrived<T>(context: Pick<CheckContext, 'observe'>, subject: string, results: readonly InTime<T>[]): T[] | undefined {
  const values = results.map((result, index) => arrived(context, `${subject} (${index + 1} of ${results.length})`, result));
  const there = values.filter((value) => value !== undefined);
  return there.length === values.length ? there : undefined;
}

/** Deletes a pod and waits until it is gone; its volume may still be attached then. */
export async function removePod(
  { cluster: { kubernetes }, signal }: Pick<FixtureContext, 'cluster' | 'signal'>,
  place: PodPlace,
): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Pod', metadata: { name: place.pod, namespace: place.namespace } };
  await kubernetes.raw.delete(ref, { gracePeriodSeconds: 1 }, signal);
  await until(`pod ${place.pod} to go`, { timeoutMs: patience('objectGone'), everyMs: 500, signal }, async () =>
    (await kubernetes.raw.read(ref, signal)) === undefined ? { done: undefined } : { notYet: 'it is there' },
  );
}

/** The name that a claim's volume has for Kubernetes and Longhorn alike. Throws while the claim is not bound. */
export async function volumeName({ cluster }: Pick<FixtureContext, 'cluster'>, { namespace, claim }: ClaimPlace): Promise<string> {
  const { spec } = await cluster.kubernetes.core.readNamespacedPersistentVolumeClaim({ namespace, name: claim });
  if (spec?.volumeName === undefined) throw new Error(`claim ${namespace}/${claim} has no volume`);
  return spec.volumeName;
}

/** Waits until a volume of Longhorn is as awaited, and returns it. Throws a WaitTimeout. */
async function volumeIs(
  { cluster, signal }: Pick<FixtureContext, 'cluster' | 'signal'>,
  volume: string,
  { isAwaited, timeoutMs }: { readonly isAwaited: (volume: LonghornVolume) => boolean; readonly timeoutMs: number },
): Promise<LonghornVolume> {
  return until(`the state of volume ${volume}`, { timeoutMs, everyMs: 1000, signal }, async () => {
    const found = await longhorn(cluster.kubernetes, signal).volume(volume);
    if (found !== undefined && isAwaited(found)) return { done: found };
    return { notYet: `${found?.status?.state ?? 'gone'} ${found?.status?.robustness ?? ''}`.trim() };
  });
}

/** Waits until a volume is attached nowhere. Throws a WaitTimeout. */
export async function detached(context: Pick<FixtureContext, 'cluster' | 'signal'>, volume: string): Promise<void> {
  await volumeIs(context, volume, { isAwaited: ({ status }) => status?.state === 'detached', timeoutMs: patience('volumeSettled') });
}
