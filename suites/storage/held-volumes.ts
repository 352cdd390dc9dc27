import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import { type FixtureContext, fixture } from '../../harness/platform/check.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';
import { type LonghornReplica, longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { type InTime, inTime } from '../fixtures/in-time.ts';
import { type DiskReader, type Devices, devicesOf, diskReaders, foldersOf } from './disk-readers.ts';
import { writePattern } from './pattern.ts';
import { type ClaimPlace, makeClaim, podReady, scratchNamespace, startPod, volumeName } from './scratch-volumes.ts';

/** A volume that a pod holds for the length of the run, with data in it. */
export interface HeldVolume extends ClaimPlace {
  readonly volume: string;
  readonly pod: PodPlace;
  readonly node: string;
  /** From the claim to its volume, and from then to the running pod. */
  readonly boundMs: number;
  readonly mountedMs: number;
  readonly written: Written;
}

/** What writing did to the disks. */
interface Written {
  readonly file: string;
  readonly mebibytes: number;
  readonly digest: string;
  /** KiB by which the volume's folders grew, by worker. */
  readonly folders: ReadonlyMap<string, number>;
  readonly devices: ReadonlyMap<string, Devices>;
}

/** The size of the guide's own test claim (Verify Longhorn Storage). */
export const heldSize = '5Gi';
const patternMebibytes = 64;
const pattern = 'pattern';

/** A claim of 5 GiB of the guide's class, or the words of the wait that ended before it could be used. */
export const heldVolume = fixture(
  { name: 'volume that is held', resources: ['longhorn'], from: { diskReaders } },
  (context, { diskReaders: readers }): Promise<InTime<HeldVolume>> => {
    const [node = ''] = workerNames(context.cluster);
    return held(context, { readers, node, size: heldSize, storageClass: 'longhorn' });
  },
);

/** The same of a class whose volumes have one replica and an ext4: what a class asks for is what its volumes are. */
export const otherVolume = fixture(
  { name: 'volume of another class', resources: ['longhorn'], from: { diskReaders } },
  async (context, { diskReaders: readers }): Promise<InTime<HeldVolume>> => {
    const [, node = ''] = workerNames(context.cluster);
    const storageClass = `conform-other-${nonce()}`;
    await context.changes.createFrom(`${import.meta.dirname}/class-copy.yaml`, { NAME: storageClass, RECLAIM: 'Delete' });
    return held(context, { readers, node, size: '512Mi', storageClass });
  },
);

interface HeldRequest {
  readonly readers: readonly DiskReader[];
  readonly node: string;
  readonly size: string;
  readonly storageClass: string;
}

async function held(context: FixtureContext, { readers, node, size, storageClass }: HeldRequest): Promise<InTime<HeldVolume>> {
  const place = { namespace: await scratchNamespace(context), claim: 'held' };
  const startedAt = Date.now();
  await makeClaim(context, place, { size, storageClass });
  return inTime(async () => {
    await bound(context, place);
    const boundMs = Date.now() - startedAt;
    const volume = await volumeName(context, place);
    const boundAt = Date.now();
    const pod = await startPod(context, place, { node });
    await podReady(context, pod);
    const mountedMs = Date.now() - boundAt;
    const written = await writeAndMeasure(context, { readers, volume, pod });
    return { ...place, volume, pod, node, boundMs, mountedMs, written };
  });
}

async function bound({ cluster: { kubernetes }, signal }: FixtureContext, { namespace, claim }: ClaimPlace): Promise<void> {
  await until(`claim ${claim} to be bound`, { timeoutMs: patience('volumeMounted'), everyMs: 250, signal }, async () => {
    const { status } = await kubernetes.core.readNamespacedPersistentVolumeClaim({ namespace, name: claim });
    return status?.phase === 'Bound' ? { done: undefined } : { notYet: status?.phase ?? 'no phase' };
  });
}

interface Writing {
  readonly readers: readonly DiskReader[];
  readonly volume: string;
  readonly pod: PodPlace;
}

async function writeAndMeasure(context: FixtureContext, { readers, volume, pod }: Writing): Promise<Written> {
  const folders = (await longhorn(context.cluster.kubernetes, context.signal).replicas(volume)).map(folderOf);
  const before = await foldersOf(context, readers, folders);
  const digest = await writePattern(context, pod, { file: pattern, mebibytes: patternMebibytes });
  const after = await foldersOf(context, readers, folders);
  return {
    file: pattern,
    mebibytes: patternMebibytes,
    digest,
    folders: new Map(readers.map(({ node }) => [node, (after.get(node) ?? 0) - (before.get(node) ?? 0)])),
    devices: new Map(await Promise.all(readers.map(async (reader) => [reader.node, await devicesOf(context, reader)] as const))),
  };
}

/** Where a replica keeps its data (longhorn-manager v1.10: types.GetReplicaDataPath). */
export function folderOf({ spec }: LonghornReplica): { node: string; folder: string } {
  return { node: spec.nodeID ?? '', folder: spec.dataDirectoryName ?? '' };
}
