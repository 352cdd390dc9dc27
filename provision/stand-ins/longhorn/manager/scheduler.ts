import { conditionOf, isTrue } from './conditions.ts';
import type { DiskSpec, DiskStatus, LonghornNode, Replica, Volume } from './objects.ts';
import type { SettingReader } from './setting-values.ts';
import { nodeNamed, runningInstanceManager, type Surroundings } from './view.ts';

/** Why replicas cannot be placed, in the words of Longhorn's conditions (k8s/pkg/apis/longhorn/v1beta2/node.go). */
const noNodes = 'nodes are unavailable';
const noReadyImage = 'none of the node candidates contains a ready engine image';
const noDisk = 'disks are unavailable';
const insufficient = 'insufficient storage';
const tags = 'tags not fulfilled';
export const schedulingFailed = 'replica scheduling failed';

/** How often a replica's rebuild may fail before its data is given up (scheduler/replica_scheduler.go). */
const maxRebuildRetries = 5;

export interface DiskRoom {
  readonly storageAvailable: number;
  readonly storageMaximum: number;
  readonly storageReserved: number;
  readonly storageScheduled: number;
  readonly overProvisioningPercentage: number;
  readonly minimalAvailablePercentage: number;
}

export interface Placement {
  readonly nodeID: string;
  readonly diskID: string;
  readonly diskPath: string;
}

interface Candidate {
  readonly node: LonghornNode;
  readonly spec: DiskSpec;
  readonly status: DiskStatus;
}

/** Why a disk cannot take `size` more promised bytes, of which `required` are in use at once; undefined if it can. */
export function roomProblem(size: number, required: number, room: DiskRoom): string | undefined {
  if (room.storageMaximum <= 0) return 'Storage Max must be greater than 0';
  if (room.storageAvailable <= 0) return 'Storage Available must be greater than 0';
  const available = room.storageAvailable - required;
  const minimal = Math.trunc((room.storageMaximum * room.minimalAvailablePercentage) / 100);
  if (available <= minimal) {
    return `Actual space usage condition failed: CurrentAvailable = ${available} (StorageAvailable - Required) is less than or equal to MinimalAvailable = ${minimal} (${room.minimalAvailablePercentage}% of Storage Max).`;
  }
  const total = size + room.storageScheduled;
  const limit = Math.trunc(((room.storageMaximum - room.storageReserved) * room.overProvisioningPercentage) / 100);
  if (total > limit) {
    return `Scheduling space condition failed: ScheduledTotal = ${total} (Size + StorageScheduled) is greater than ProvisionedLimit = ${limit} (${room.overProvisioningPercentage}% of StorageMax - StorageReserved). `;
  }
  return undefined;
}

/** Room of a disk, counted from the replicas themselves: its status may be some seconds old. */
function roomOf(spec: DiskSpec, status: DiskStatus, replicas: readonly Replica[], settings: SettingReader): DiskRoom {
  return {
    storageAvailable: status.storageAvailable,
    storageMaximum: status.storageMaximum,
    storageReserved: spec.storageReserved,
    storageScheduled: replicas
      .filter((replica) => replica.spec.diskID === status.diskUUID)
      .reduce((sum, replica) => sum + Number(replica.spec.volumeSize), 0),
    overProvisioningPercentage: settings.number('storage-over-provisioning-percentage'),
    minimalAvailablePercentage: settings.number('storage-minimal-available-percentage'),
  };
}

/** A disk for one more replica of a volume, or why there is none. `replicas` are those that the volume has. */
export function placeReplica(
  volume: Volume,
  replicas: readonly Replica[],
  around: Surroundings,
): Placement | { readonly reasons: readonly string[] } {
  const schedulable = around.nodes.filter((node) => isSchedulable(node));
  if (schedulable.length === 0) return { reasons: [noNodes] };
  const ready = schedulable.filter((node) => runningInstanceManager(around, node.metadata.name) !== undefined);
  if (ready.length === 0) return { reasons: [noReadyImage] };
  const tagged = ready.filter((node) =>
    fulfils(node.spec.tags, volume.spec.nodeSelector, around.settings.flag('allow-empty-node-selector-volume')),
  );
  const used = usedNodes(volume, replicas, around);
  const unused = tagged.filter((node) => !used.has(node.metadata.name));
  const soft = allowsSameNode(volume, around);
  const onUnused = candidates(unused, volume, replicas, around);
  const found = onUnused.disks.length > 0 || !soft ? onUnused : candidates(tagged, volume, replicas, around);
  const best = found.disks.toSorted((one, other) => usable(other) - usable(one))[0];
  if (best === undefined) return { reasons: found.reasons };
  return { nodeID: best.node.metadata.name, diskID: best.status.diskUUID, diskPath: best.spec.path };
}

/** True if a failed replica's data may be of use again, once its node and disk are back. */
function isPotentiallyReusable(replica: Replica): boolean {
  const { failedAt, nodeID, diskID, rebuildRetryCount, evictionRequested } = replica.spec;
  return failedAt !== '' && nodeID !== '' && diskID !== '' && rebuildRetryCount < maxRebuildRetries && !evictionRequested;
}

/** The failed replica that a rebuild can go on from now: the latest failed one whose node and disk are back. */
export function reusableReplica(volume: Volume, replicas: readonly Replica[], around: Surroundings): Replica | undefined {
  const taken = new Set(replicas.filter((replica) => replica.spec.failedAt === '').map((replica) => replica.spec.nodeID));
  return replicas
    .filter((replica) => isReusableNow(replica, volume, around))
    .filter((replica) => !taken.has(replica.spec.nodeID) || allowsSameNode(volume, around))
    .toSorted((one, other) => other.spec.failedAt.localeCompare(one.spec.failedAt))[0];
}

/** Milliseconds until a degraded volume is given a new replica although an old one may come back; 0 if at once. */
export function waitBeforeNewReplica(volume: Volume, replicas: readonly Replica[], around: Surroundings): number {
  if (volume.status.robustness !== 'degraded') return 0;
  if (!replicas.some((replica) => isPotentiallyReusable(replica))) return 0;
  return timeToReplacement(volume, around);
}

/** Why a volume's replicas cannot grow by `bytes` each; undefined if they can. */
export function expansionProblem(bytes: number, replicas: readonly Replica[], around: Surroundings): string | undefined {
  const disks = Map.groupBy(
    replicas.filter((replica) => replica.spec.nodeID !== ''),
    (replica) => replica.spec.diskID,
  );
  for (const [diskID, onDisk] of disks) {
    const [first] = onDisk;
    const node = first && nodeNamed(around, first.spec.nodeID);
    const disk = node && Object.entries(node.status.diskStatus ?? {}).find(([, status]) => status.diskUUID === diskID);
    const spec = node && disk && node.spec.disks[disk[0]];
    if (disk === undefined || spec === undefined) return `failed to find disk ${diskID} in node ${first?.spec.nodeID}`;
    const needed = bytes * onDisk.length;
    const problem = roomProblem(needed, 0, roomOf(spec, disk[1], around.allReplicas, around.settings));
    if (problem !== undefined) return `cannot schedule ${needed} more bytes to disk ${diskID} with ${problem}`;
  }
  return undefined;
}

function isSchedulable(node: LonghornNode): boolean {
  if (node.metadata.deletionTimestamp !== undefined || !node.spec.allowScheduling) return false;
  return isTrue(node.status?.conditions, 'Ready') && isTrue(node.status.conditions, 'Schedulable');
}

function timeToReplacement(volume: Volume, around: Surroundings): number {
  const waitMs = around.settings.number('replica-replenishment-wait-interval') * 1000 * around.timeScale;
  const since = Date.parse(volume.status.lastDegradedAt);
  return Number.isNaN(since) ? 0 : Math.max(0, since + waitMs - around.now.getTime());
}

/** Nodes that count as taken; a failed replica that is being replaced does not take one. */
function usedNodes(volume: Volume, replicas: readonly Replica[], around: Surroundings): Set<string> {
  const replacing = volume.status.robustness === 'degraded' && timeToReplacement(volume, around) === 0;
  const counting = replicas.filter((replica) => {
    if (replica.spec.nodeID === '' || replica.metadata.deletionTimestamp !== undefined) return false;
    return replica.spec.failedAt === '' || (isPotentiallyReusable(replica) && !replacing);
  });
  return new Set(counting.map((replica) => replica.spec.nodeID));
}

function allowsSameNode(volume: Volume, around: Surroundings): boolean {
  if (around.faults.has('ignore-anti-affinity')) return true;
  const own = volume.spec.replicaSoftAntiAffinity;
  return own === 'enabled' || (own !== 'disabled' && around.settings.flag('replica-soft-anti-affinity'));
}

function candidates(
  nodes: readonly LonghornNode[],
  volume: Volume,
  replicas: readonly Replica[],
  around: Surroundings,
): { disks: Candidate[]; reasons: string[] } {
  const disks: Candidate[] = [];
  const reasons = new Set<string>();
  for (const node of nodes) {
    const all = disksOf(node);
    if (all.length === 0) reasons.add(noDisk);
    for (const disk of all) {
      const problem = diskProblem(disk, volume, around);
      if (problem === undefined) disks.push(disk);
      else reasons.add(problem);
    }
  }
  const free = disks.filter(
    (disk) => !replicas.some((replica) => replica.spec.diskID === disk.status.diskUUID && replica.spec.failedAt === ''),
  );
  return { disks: free.length > 0 ? free : disks, reasons: [...reasons] };
}

function disksOf(node: LonghornNode): Candidate[] {
  return Object.entries(node.status.diskStatus ?? {}).flatMap(([name, status]) => {
    const spec = node.spec.disks[name];
    if (spec === undefined || !spec.allowScheduling || spec.evictionRequested) return [];
    return isTrue(status.conditions, 'Schedulable') ? [{ node, spec, status }] : [];
  });
}

function diskProblem(disk: Candidate, volume: Volume, around: Surroundings): string | undefined {
  const room = roomOf(disk.spec, disk.status, around.allReplicas, around.settings);
  if (roomProblem(Number(volume.spec.size), volume.status?.actualSize ?? 0, room) !== undefined) return insufficient;
  const matches = fulfils(disk.spec.tags, volume.spec.diskSelector, around.settings.flag('allow-empty-disk-selector-volume'));
  return matches ? undefined : tags;
}

function fulfils(offered: readonly string[] | undefined, selector: readonly string[] | undefined, allowEmpty: boolean): boolean {
  if ((selector ?? []).length === 0) return allowEmpty || (offered ?? []).length === 0;
  return (selector ?? []).every((tag) => (offered ?? []).includes(tag));
}

/** The disk with the most of it is taken. */
function usable(disk: Candidate): number {
  return disk.status.storageAvailable - disk.spec.storageReserved;
}

function isReusableNow(replica: Replica, volume: Volume, around: Surroundings): boolean {
  if (!isPotentiallyReusable(replica) || replica.metadata.deletionTimestamp !== undefined) return false;
  const node = nodeNamed(around, replica.spec.nodeID);
  if (node === undefined || !isSchedulable(node)) return false;
  if (runningInstanceManager(around, replica.spec.nodeID) === undefined) return false;
  const disk = Object.entries(node.status.diskStatus ?? {}).find(([, status]) => status.diskUUID === replica.spec.diskID);
  const spec = disk && node.spec.disks[disk[0]];
  if (disk === undefined || spec === undefined || !takesBack(spec, disk[1], around)) return false;
  return fulfils(spec.tags, volume.spec.diskSelector, around.settings.flag('allow-empty-disk-selector-volume'));
}

/** A disk that has promised all it may, but is not full, still takes back the replicas it had. */
function takesBack(spec: DiskSpec, status: DiskStatus, around: Surroundings): boolean {
  if (!spec.allowScheduling || spec.evictionRequested || !isTrue(status.conditions, 'Ready')) return false;
  const schedulable = conditionOf(status.conditions, 'Schedulable');
  return schedulable?.status === 'True' || (schedulable?.reason === 'DiskPressure' && isNotFull(spec, status, around));
}

function isNotFull(spec: DiskSpec, status: DiskStatus, around: Surroundings): boolean {
  const room = roomOf(spec, status, around.allReplicas, around.settings);
  return room.storageMaximum > 0 && room.storageAvailable > Math.trunc((room.storageMaximum * room.minimalAvailablePercentage) / 100);
}
