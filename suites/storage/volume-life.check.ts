import { promised } from '../../guide/limits.ts';
import { atApi, equal, lateIf, noneOf } from '../../harness/engine/measured.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { type PodPlace, isNotFound } from '../../harness/platform/kubernetes/kubernetes.ts';
import { quantity } from '../../harness/platform/kubernetes/quantity.ts';
import { longhorn, longhornRef } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { type DiskReader, replicaFolders } from './disk-readers.ts';
import { folderOf, heldSize } from './held-volumes.ts';
import { readPattern, writePattern } from './pattern.ts';
import { requirements } from './requirements.ts';
import { type ClaimPlace, arrived, makeClaim, mountedOn, newClaim, removePod, scratchNamespace, volumeName } from './scratch-volumes.ts';

const { claimBoundMs, claimMountedMs, expandedMs, deletedMs } = promised.storage;
const gibibyte = 1024 ** 3;
/** What an xfs leaves of the space of a volume of some GiB, at least (its log alone takes 64 MiB). */
const leftByFileSystem = 0.1 * gibibyte;

check(
  requirements['STOR-PROVISION'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint } = context;
    hint(
      async () =>
        'kubectl describe pvc -A; kubectl -n longhorn-system logs -l app=csi-provisioner; kubectl -n longhorn-system get volumes.longhorn.io',
    );
    const unknown = await makeClaim(
      context,
      { namespace: await scratchNamespace(context), claim: 'unknown' },
      { storageClass: `conform-none-${nonce()}` },
    );
    const held = arrived(context, 'a volume, from its claim to its running pod', heldVolume);
    if (held === undefined) return;
    observe(within('claim bound', held.boundMs, claimBoundMs));
    observe(within('pod of the bound claim running', held.mountedMs, claimMountedMs));
    const { spec } = await cluster.kubernetes.core.readPersistentVolume({ name: held.volume });
    observe(equal('driver of its volume', { expected: 'driver.longhorn.io', saw: spec?.csi?.driver ?? 'none' }));
    observe(equal('capacity of its volume', { expected: heldSize, saw: spec?.capacity?.['storage'] ?? 'none' }));
    observe(await space(context, held.pod, quantity(heldSize) - leftByFileSystem));
    const { status } = await cluster.kubernetes.core.readNamespacedPersistentVolumeClaim({
      namespace: unknown.namespace,
      name: unknown.claim,
    });
    control(equal('a claim of a class that does not exist, at the same time', { expected: 'Pending', saw: status?.phase ?? 'no phase' }));
  },
  { uses: ['longhorn'], deadlineMs: 480_000 },
);

function within(subject: string, tookMs: number, limitMs: number): Measured {
  const expected = `within ${limitMs / 1000} s`;
  return {
    subject,
    vantage: atApi,
    expected,
    saw: `after ${(tookMs / 1000).toFixed(1)} s`,
    held: tookMs <= limitMs,
    ...lateIf(tookMs > limitMs),
  };
}

/** The size of the file system that a pod sees, in bytes. */
async function sizeSeen({ cluster, signal }: CheckContext, pod: PodPlace): Promise<number> {
  const text = await cluster.kubernetes.run(pod, 'df -Pk /data | tail -n 1', signal);
  const size = /^\S+\s+(\d+)\s/.exec(text)?.[1];
  if (size === undefined) throw new Error(`pod ${pod.pod} does not tell the size of its volume: ${text.trim()}`);
  return Number(size) * 1024;
}

async function space(context: CheckContext, pod: PodPlace, least: number): Promise<Measured> {
  const size = await sizeSeen(context, pod);
  const text = (bytes: number): string => `${(bytes / gibibyte).toFixed(2)} GiB`;
  return {
    subject: 'space that the pod sees',
    vantage: 'pod with the volume',
    expected: `at least ${text(least)}`,
    saw: text(size),
    held: size >= least,
  };
}

check(
  requirements['STOR-READ-BACK'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint } = context;
    hint(async () => 'kubectl get volumeattachments; kubectl -n longhorn-system get volumes.longhorn.io,replicas.longhorn.io -o wide');
    const held = arrived(context, 'a volume of the class', heldVolume);
    if (held === undefined) return;
    const [one = '', other = ''] = workerNames(cluster);
    const [place, file] = [await newClaim(context), `data-${nonce()}`];
    const first = arrived(context, `a pod with a volume on ${one}`, await mountedOn(context, place, one));
    if (first === undefined) return;
    const digest = await writePattern(context, first, { file, mebibytes: 64 });
    observe(equal(`checksum read on ${one}`, { expected: digest, saw: await readPattern(context, first, file), vantage: `pod on ${one}` }));
    await removePod(context, first);
    const second = arrived(context, `a new pod with the volume on ${other}`, await mountedOn(context, place, other));
    if (second === undefined) return;
    const read = await readPattern(context, second, file);
    observe(equal(`checksum read on ${other}`, { expected: digest, saw: read, vantage: `pod on ${other}` }));
    const fresh = await readPattern(context, held.pod, file);
    control({
      subject: 'the same file on another volume',
      vantage: `pod on ${held.node}`,
      expected: 'is not there',
      saw: fresh,
      held: /no such file/i.test(fresh),
    });
  },
  { uses: ['longhorn'], deadlineMs: 720_000 },
);

check(
  requirements['STOR-EXPAND'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'kubectl describe pvc -A; kubectl -n longhorn-system logs -l app=csi-resizer');
    if (arrived(context, 'a volume of the class', heldVolume) === undefined) return;
    const { allowVolumeExpansion } = await cluster.kubernetes.storage.readStorageClass({ name: 'longhorn' });
    observe(equal('allowVolumeExpansion of the class', { expected: 'true', saw: String(allowVolumeExpansion ?? false) }));
    const [node = ''] = workerNames(cluster);
    const place = await newClaim(context, { size: '2Gi' });
    const pod = arrived(context, 'a pod with a volume of 2 GiB', await mountedOn(context, place, node));
    if (pod === undefined) return;
    const digest = await writePattern(context, pod, { file: 'pattern', mebibytes: 16 });
    const before = await containerOf(context, pod);
    await ask(context, place, '3Gi');
    const least = 3 * gibibyte - leftByFileSystem;
    const seen = await inTime(() =>
      until('the space to grow', { timeoutMs: expandedMs, everyMs: 1000, signal }, async () => {
        const { status } = await cluster.kubernetes.core.readNamespacedPersistentVolumeClaim({
          namespace: place.namespace,
          name: place.claim,
        });
        const capacity = status?.capacity?.['storage'] ?? 'none';
        const size = await sizeSeen(context, pod);
        const text = `${capacity} at the claim, ${(size / gibibyte).toFixed(2)} GiB in the pod`;
        return capacity === '3Gi' && size >= least ? { done: text } : { notYet: text };
      }),
    );
    observe({
      subject: 'a volume in use, enlarged to 3 GiB',
      vantage: 'pod with the volume',
      expected: `3Gi at the claim, and at least ${(least / gibibyte).toFixed(2)} GiB in the pod, within ${expandedMs / 1000} s`,
      saw: seen.kind === 'done' ? seen.value : seen.text,
      held: seen.kind === 'done',
      ...lateIf(seen.kind === 'late'),
    });
    observe(
      equal('checksum afterwards', { expected: digest, saw: await readPattern(context, pod, 'pattern'), vantage: 'pod with the volume' }),
    );
    observe(equal('container of the pod', { expected: before, saw: await containerOf(context, pod) }));
    const shrunk = await patchSize(context, place, '1Gi');
    control({
      subject: 'the claim made smaller',
      vantage: atApi,
      expected: 'refused',
      saw: shrunk,
      held: /^4\d\d .*(less than|shrink)/.test(shrunk),
    });
  },
  { uses: ['longhorn'], deadlineMs: 720_000 },
);

async function containerOf({ cluster }: CheckContext, { namespace, pod }: PodPlace): Promise<string> {
  const { status } = await cluster.kubernetes.core.readNamespacedPod({ namespace, name: pod });
  return status?.containerStatuses?.[0]?.containerID ?? 'none';
}

async function ask(context: CheckContext, place: ClaimPlace, size: string): Promise<void> {
  const answer = await patchSize(context, place, size);
  if (answer !== '200') throw new Error(`the API did not take ${size} for claim ${place.claim}: ${answer}`);
}

/** The status of the answer, with the API's words where it is a refusal. Only for claims of a namespace that goes. */
async function patchSize({ cluster, signal }: CheckContext, { namespace, claim }: ClaimPlace, storage: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim}`;
  const { status, message } = await cluster.kubernetes.request(
    { method: 'PATCH', path, body: { spec: { resources: { requests: { storage } } } } },
    signal,
  );
  return status === 200 ? '200' : `${status} ${message}`;
}

check(
  requirements['STOR-DELETE'],
  async (context, { heldVolume, diskReaders }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'kubectl get pv; kubectl -n longhorn-system get volumes.longhorn.io,replicas.longhorn.io; which finalizers are left?');
    if (arrived(context, 'a volume of the class', heldVolume) === undefined) return;
    const { reclaimPolicy } = await cluster.kubernetes.storage.readStorageClass({ name: 'longhorn' });
    observe(equal('reclaimPolicy of the class', { expected: 'Delete', saw: reclaimPolicy ?? 'none' }));
    const [node = ''] = workerNames(cluster);
    const place = await newClaim(context);
    const pod = arrived(context, 'a pod with a volume', await mountedOn(context, place, node));
    if (pod === undefined) return;
    await writePattern(context, pod, { file: 'pattern', mebibytes: 16 });
    const [volume, kept] = [await volumeName(context, place), await retained(context)];
    const replicas = await longhorn(cluster.kubernetes, signal).replicas(volume);
    const traces: Traces = {
      volume,
      readers: diskReaders,
      replicas: replicas.map(({ metadata }) => metadata.name),
      folders: replicas.map((each) => folderOf(each).folder),
    };
    const before = await left(context, traces);
    control({
      key: 'what there is of the volume before',
      subject: 'what there is of the volume before',
      vantage: 'Kubernetes API and a pod on each worker',
      expected: 'its volume, its replicas and their folders',
      saw: before.join(', ') || 'nothing',
      held: before.length >= 2 + 2 * replicas.length && replicas.length > 0,
    });
    await removePod(context, pod);
    for (const each of [place, kept]) await removeClaim(context, each);
    const gone = await inTime(() =>
      until('nothing of the volume to be left', { timeoutMs: deletedMs, everyMs: 2000, signal }, async () => {
        const now = await left(context, traces);
        return now.length === 0 ? { done: undefined } : { notYet: now.join(', ') };
      }),
    );
    observe({
      ...noneOf('what is left of a deleted claim', {
        saw: gone.kind === 'done' ? [] : [gone.text],
        vantage: 'Kubernetes API and a pod on each worker',
      }),
      ...lateIf(gone.kind === 'late'),
    });
    const still = await longhorn(cluster.kubernetes, signal).volume(kept.volume);
    control(
      equal('volume of a deleted claim whose class retains it', { expected: 'is there', saw: still === undefined ? 'gone' : 'is there' }),
    );
  },
  { uses: ['longhorn'], deadlineMs: 720_000 },
);

interface Traces {
  readonly volume: string;
  readonly readers: readonly DiskReader[];
  readonly replicas: readonly string[];
  readonly folders: readonly string[];
}

/** What there is of a volume: objects, folders, and the room of the disks that Longhorn has set aside for it. */
async function left(context: CheckContext, { volume, readers, replicas, folders }: Traces): Promise<string[]> {
  const { cluster, signal } = context;
  const api = longhorn(cluster.kubernetes, signal);
  const [persistent, own, replicasNow, nodes, ...listings] = await Promise.all([
    isThere(async () => cluster.kubernetes.core.readPersistentVolume({ name: volume })),
    api.volume(volume),
    api.replicas(volume),
    api.nodes(),
    ...readers.map((reader) => replicaFolders(context, reader)),
  ]);
  const scheduled = nodes.flatMap(({ status }) =>
    Object.values(status?.diskStatus ?? {}).flatMap((disk) => Object.keys(disk.scheduledReplica ?? {})),
  );
  return [
    ...(persistent ? ['the PersistentVolume'] : []),
    ...(own === undefined ? [] : ["Longhorn's volume"]),
    ...replicasNow.map(({ spec }) => `the replica on ${spec.nodeID}`),
    ...listings.flatMap((names, index) => names.filter((name) => folders.includes(name)).map(() => `a folder on ${readers[index]?.node}`)),
    ...scheduled.filter((name) => replicas.includes(name)).map(() => 'room that is set aside'),
  ];
}

async function isThere(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** A claim of a class that keeps its volumes, bound. */
async function retained(context: CheckContext): Promise<ClaimPlace & { readonly volume: string }> {
  const { cluster, changes, signal } = context;
  const storageClass = `conform-retains-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/class-copy.yaml`, { NAME: storageClass, RECLAIM: 'Retain' });
  const place = await newClaim(context, { storageClass });
  await until('the retained claim to be bound', { timeoutMs: claimBoundMs, everyMs: 500, signal }, async () => {
    const { status } = await cluster.kubernetes.core.readNamespacedPersistentVolumeClaim({ namespace: place.namespace, name: place.claim });
    return status?.phase === 'Bound' ? { done: undefined } : { notYet: status?.phase ?? 'no phase' };
  });
  const volume = await volumeName(context, place);
  // Nobody else takes them away.
  await changes.expect({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: volume } });
  await changes.expect(longhornRef('Volume', volume));
  return { ...place, volume };
}

async function removeClaim({ cluster, signal }: CheckContext, { namespace, claim }: ClaimPlace): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: claim, namespace } };
  await cluster.kubernetes.raw.delete(ref, { propagationPolicy: 'Background' }, signal);
}
