import { apiVersion, type Cluster } from '../cluster.ts';
import { isTrue, withCondition } from '../conditions.ts';
import type { Condition, DiskSpec, DiskStatus, LonghornNode } from '../objects.ts';
import { roomProblem } from '../scheduler.ts';
import { settingReader } from '../setting-values.ts';
import { createObject, updateObject } from '../store.ts';
import { finalizer } from '../volume/new-objects.ts';
import { claimDisk, type DiskState, prepareDisk, readDisk } from './disk.ts';
import { environmentConditions } from './environment.ts';

const emptyStatus: LonghornNode['status'] = { conditions: [], diskStatus: {}, region: '', zone: '', autoEvicting: false };

/** Keeps the Longhorn node of the own node: made with a default disk if it is not there, and its disks' figures up to date. */
export async function keepOwnNode(cluster: Cluster): Promise<void> {
  const known = cluster.nodes.get(cluster.place.nodeName);
  if (known === undefined && !settingsAreKnown(cluster)) return;
  const before = known ?? (await createOwnNode(cluster));
  const after: LonghornNode = { ...structuredClone(before), status: { ...emptyStatus, ...before.status } };
  const now = new Date();
  after.status.diskStatus = await diskStatuses(cluster, before, now);
  for (const change of await environmentConditions()) after.status.conditions = withCondition(after.status.conditions, change, now);
  after.status.conditions = withCondition(after.status.conditions, { type: 'MountPropagation', status: 'True' }, now);
  await updateObject(cluster, cluster.nodes, before, after);
}

/** The default disk is made from settings; the leader writes them, in the order of their definitions. */
function settingsAreKnown(cluster: Cluster): boolean {
  return ['default-data-path', 'storage-reserved-percentage-for-default-disk'].every((name) => cluster.settings.get(name) !== undefined);
}

async function createOwnNode(cluster: Cluster): Promise<LonghornNode> {
  const settings = settingReader(cluster.settings);
  const { nodeName } = cluster.place;
  const disks: Record<string, DiskSpec> = {};
  if (!settings.flag('create-default-disk-labeled-nodes')) {
    const path = settings.text('default-data-path');
    await prepareDisk(path);
    const { fsid, maximum } = await readDisk(path);
    disks[`default-disk-${fsid}`] = {
      diskType: 'filesystem',
      path,
      diskDriver: '',
      allowScheduling: true,
      evictionRequested: false,
      storageReserved: Math.trunc((maximum * settings.number('storage-reserved-percentage-for-default-disk')) / 100),
      tags: [],
    };
  }
  return await createObject(cluster, cluster.nodes, {
    apiVersion,
    kind: 'Node',
    metadata: { name: nodeName, finalizers: [finalizer] },
    spec: { name: nodeName, disks, allowScheduling: true, evictionRequested: false, tags: [], instanceManagerCPURequest: 0 },
    status: emptyStatus,
  });
}

async function diskStatuses(cluster: Cluster, node: LonghornNode, now: Date): Promise<Record<string, DiskStatus>> {
  const entries = Object.entries(node.spec.disks ?? {}).map(async ([name, spec]) => {
    const known = node.status?.diskStatus?.[name];
    return [name, await diskStatus({ cluster, node, name, spec, known, now })] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

interface DiskQuestion {
  readonly cluster: Cluster;
  readonly node: LonghornNode;
  readonly name: string;
  readonly spec: DiskSpec;
  readonly known: DiskStatus | undefined;
  readonly now: Date;
}

async function diskStatus(question: DiskQuestion): Promise<DiskStatus> {
  const { cluster, name, node, spec, known, now } = question;
  const { state, problem } = await examine(question);
  const uuid = known?.diskUUID || (problem === undefined ? await claimDisk(spec.path, name) : '');
  const replicas = problem === undefined ? cluster.replicas.all().filter((replica) => replica.spec.diskID === uuid && uuid !== '') : [];
  const scheduledReplica = Object.fromEntries(replicas.map((replica) => [replica.metadata.name, Number(replica.spec.volumeSize)]));
  const status: DiskStatus = {
    conditions: withCondition(
      known?.conditions,
      problem === undefined
        ? { type: 'Ready', status: 'True', message: `Disk ${name}(${spec.path}) on node ${node.metadata.name} is ready` }
        : { type: 'Ready', status: 'False', ...problem },
      now,
    ),
    storageAvailable: Math.round(state?.available ?? 0),
    storageMaximum: Math.round(state?.maximum ?? 0),
    storageScheduled: replicas.reduce((sum, replica) => sum + Number(replica.spec.volumeSize), 0),
    scheduledReplica,
    scheduledBackingImage: {},
    diskUUID: uuid,
    diskName: name,
    diskPath: spec.path,
    diskType: spec.diskType,
    diskDriver: spec.diskDriver,
    filesystemType: state?.filesystem ?? '',
    instanceManagerName: '',
  };
  return { ...status, conditions: schedulability(question, status) };
}

async function examine(question: DiskQuestion): Promise<{ state?: DiskState; problem?: { reason: string; message: string } }> {
  const { known, name, node, spec } = question;
  try {
    const state = await readDisk(spec.path);
    if (known === undefined || known.diskUUID === '' || known.diskUUID === state.uuid) return { state };
    const cause =
      state.uuid === undefined
        ? 'cannot find disk config file, maybe due to a mount error'
        : "record diskUUID doesn't match the one on the disk ";
    return {
      problem: {
        reason: 'DiskFilesystemChanged',
        message: `Disk ${name}(${spec.path}) on node ${node.metadata.name} is not ready: ${cause}`,
      },
    };
  } catch (error) {
    const message = `Disk ${name}(${spec.path}) on node ${node.metadata.name} is not ready: failed to get disk config: error: ${(error as Error).message}`;
    return { problem: { reason: 'NoDiskInfo', message } };
  }
}

function schedulability(question: DiskQuestion, status: DiskStatus): Condition[] {
  const { cluster, name, node, now, spec } = question;
  const settings = settingReader(cluster.settings);
  if (!isTrue(status.conditions, 'Ready')) {
    const message = `Disk ${name} (${spec.path}) on the node ${node.metadata.name} is not ready`;
    return withCondition(status.conditions, { type: 'Schedulable', status: 'False', reason: 'DiskNotReady', message }, now);
  }
  const problem = roomProblem(0, 0, {
    storageAvailable: status.storageAvailable,
    storageMaximum: status.storageMaximum,
    storageReserved: spec.storageReserved,
    storageScheduled: status.storageScheduled,
    overProvisioningPercentage: settings.number('storage-over-provisioning-percentage'),
    minimalAvailablePercentage: settings.number('storage-minimal-available-percentage'),
  });
  if (problem === undefined) {
    return withCondition(
      status.conditions,
      { type: 'Schedulable', status: 'True', message: `Disk ${name}(${spec.path}) on node ${node.metadata.name} is schedulable` },
      now,
    );
  }
  const message = `Disk ${name} (${spec.path}) on the node ${node.metadata.name} is not schedulable for more replica; ${problem}`;
  return withCondition(status.conditions, { type: 'Schedulable', status: 'False', reason: 'DiskPressure', message }, now);
}
