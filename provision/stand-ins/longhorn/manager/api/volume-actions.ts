import { setTimeout as delay } from 'node:timers/promises';
import { apiVersion, type Cluster } from '../cluster.ts';
import { isTrue } from '../conditions.ts';
import { KubernetesError } from '../kubernetes.ts';
import { surroundings } from '../leading/volumes.ts';
import type { AccessMode, Volume, VolumeAttachment } from '../objects.ts';
import { parseQuantity, roundUpSize } from '../quantity.ts';
import { expansionProblem } from '../scheduler.ts';
import { createObject, removeObject, updateObject } from '../store.ts';
import { isNodeDown } from '../view.ts';

/** An answer that is not the resource: status and message as the real API gives them. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
  }
}

/** The volume's attachment object is made right after the volume itself, by the leader. */
const attachmentAppearsMs = 10_000;

function notFound(kind: string, name: string): ApiProblem {
  return new ApiProblem(404, `${kind}.longhorn.io "${name}" not found`);
}

/** Prefixes what goes wrong with what was tried, as Longhorn does. */
export async function tried<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const status = error instanceof ApiProblem || error instanceof KubernetesError ? error.status : 500;
    throw new ApiProblem(status === 404 ? 404 : 500, `${what}: ${(error as Error).message}`);
  }
}

export interface VolumeRequest {
  readonly name?: string;
  readonly size?: string;
  readonly [field: string]: unknown;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Fields of a creation request that are the volume's spec under the same name. */
const specFields = [
  'accessMode',
  'migratable',
  'encrypted',
  'frontend',
  'fromBackup',
  'restoreVolumeRecurringJob',
  'dataSource',
  'cloneMode',
  'numberOfReplicas',
  'replicaAutoBalance',
  'dataLocality',
  'staleReplicaTimeout',
  'backingImage',
  'revisionCounterDisabled',
  'diskSelector',
  'nodeSelector',
  'snapshotDataIntegrity',
  'snapshotMaxCount',
  'replicaRebuildingBandwidthLimit',
  'backupCompressionMethod',
  'unmapMarkSnapChainRemoved',
  'replicaSoftAntiAffinity',
  'replicaZoneSoftAntiAffinity',
  'replicaDiskSoftAntiAffinity',
  'dataEngine',
  'freezeFilesystemForSnapshot',
  'backupTargetName',
  'offlineRebuilding',
] as const;

export async function createVolume(cluster: Cluster, request: VolumeRequest): Promise<Volume> {
  const name = request.name ?? '';
  const bytes = (field: string): string => String(parseQuantity(textOf(request[field])));
  let sizes: { size: string; snapshotMaxSize: string; backupBlockSize: string };
  try {
    sizes = { size: bytes('size'), snapshotMaxSize: bytes('snapshotMaxSize'), backupBlockSize: bytes('backupBlockSize') };
  } catch (error) {
    throw new ApiProblem(500, `failed to parse size ${(error as Error).message}`);
  }
  checkSelectors(cluster, request);
  const spec = Object.fromEntries(
    specFields.filter((field) => request[field] !== undefined && request[field] !== null).map((field) => [field, request[field]]),
  );
  const volume = {
    apiVersion,
    kind: 'Volume',
    metadata: { name, labels: {} },
    spec: { numberOfReplicas: 0, ...spec, ...sizes, frontend: textOf(request['frontend']) || 'blockdev', Standby: false },
  } as unknown as Volume;
  return await tried('failed to create volume', () =>
    tried(`unable to create volume ${name}`, () => createObject(cluster, cluster.volumes, volume)),
  );
}

export async function deleteVolume(cluster: Cluster, name: string): Promise<void> {
  if (cluster.volumes.get(name) === undefined)
    throw new ApiProblem(404, `failed to delete volume: volumes.longhorn.io "${name}" not found`);
  await tried('failed to delete volume', () => removeObject(cluster, cluster.volumes, name));
}

export interface AttachRequest {
  readonly hostId?: string;
  readonly attachmentID?: string;
  readonly attacherType?: string;
  readonly attachedBy?: string;
  readonly disableFrontend?: boolean;
}

export async function attachVolume(cluster: Cluster, name: string, request: AttachRequest): Promise<Volume> {
  const { hostId = '', attachmentID = '', attachedBy = '', disableFrontend = false } = request;
  return await tried(`unable to attach volume ${name} to ${hostId}`, async () => {
    const node = cluster.nodes.get(hostId);
    if (node === undefined) throw notFound('node', hostId);
    if (!isTrue(node.status?.conditions, 'Ready'))
      throw new ApiProblem(500, `node ${hostId} is not ready, couldn't attach volume ${name} to it`);
    const volume = volumeNamed(cluster, name);
    const type = request.attacherType === undefined || request.attacherType === '' ? 'longhorn-api' : request.attacherType;
    const parameters = { disableFrontend: String(disableFrontend), lastAttachedBy: attachedBy };
    await changeTickets(cluster, name, (tickets) => ({
      ...tickets,
      [attachmentID]: { id: attachmentID, type, nodeID: hostId, parameters, generation: tickets[attachmentID]?.generation ?? 0 },
    }));
    return volume;
  });
}

export interface DetachRequest {
  readonly attachmentID?: string;
  readonly forceDetach?: boolean;
}

export async function detachVolume(cluster: Cluster, name: string, request: DetachRequest): Promise<Volume> {
  return await tried(`unable to detach volume ${name}`, async () => {
    const volume = volumeNamed(cluster, name);
    await changeTickets(cluster, name, (tickets) => {
      if (request.forceDetach === true) return {};
      return Object.fromEntries(Object.entries(tickets).filter(([id]) => id !== (request.attachmentID ?? '')));
    });
    return volume;
  });
}

export async function expandVolume(cluster: Cluster, name: string, requested: string): Promise<Volume> {
  const bytes = await tried('failed to parse size', async () => parseQuantity(requested));
  return await tried(`unable to expand volume ${name}`, async () => {
    const volume = volumeNamed(cluster, name);
    const { state, conditions } = volume.status;
    if (state !== 'attached' && state !== 'detached') throw new ApiProblem(500, `invalid volume state to expand: ${state}`);
    if (!isTrue(conditions, 'Scheduled')) throw new ApiProblem(500, 'cannot expand volume before replica scheduling success');
    const size = roundUpSize(bytes);
    if (Number(volume.spec.size) >= size) return volume;
    const replicas = cluster.replicas.all().filter((replica) => replica.spec.volumeName === name);
    const problem = expansionProblem(size - Number(volume.spec.size), replicas, surroundings(cluster));
    if (problem !== undefined) throw new ApiProblem(500, `error while CheckReplicasSizeExpansion for volume ${name}: ${problem}`);
    return await updateObject(cluster, cluster.volumes, volume, { ...volume, spec: { ...volume.spec, size: String(size) } });
  });
}

export async function updateReplicaCount(cluster: Cluster, name: string, count: number): Promise<Volume> {
  return await tried(`unable to update replica count for volume ${name}`, async () => {
    const volume = volumeNamed(cluster, name);
    return await updateObject(cluster, cluster.volumes, volume, { ...volume, spec: { ...volume.spec, numberOfReplicas: count } });
  });
}

export async function updateAccessMode(cluster: Cluster, name: string, accessMode: AccessMode): Promise<Volume> {
  return await tried(`unable to update access mode for volume ${name}`, async () => {
    const volume = volumeNamed(cluster, name);
    if (volume.spec.accessMode === accessMode) return volume;
    if (volume.spec.nodeID !== '' || volume.status.state !== 'detached')
      throw new ApiProblem(500, `unable to update access mode for volume ${name} while volume is attached`);
    return await updateObject(cluster, cluster.volumes, volume, { ...volume, spec: { ...volume.spec, accessMode } });
  });
}

export async function removeReplica(cluster: Cluster, name: string, replica: string): Promise<Volume> {
  const volume = volumeNamed(cluster, name);
  if (cluster.replicas.get(replica) === undefined) throw new ApiProblem(404, `replicas.longhorn.io "${replica}" not found`);
  await removeObject(cluster, cluster.replicas, replica);
  return volume;
}

export async function salvageVolume(cluster: Cluster, name: string, names: readonly string[]): Promise<Volume> {
  return await tried(`unable to salvage volume ${name}`, async () => {
    const volume = volumeNamed(cluster, name);
    const { state, robustness } = volume.status;
    if (state !== 'detached') throw new ApiProblem(500, `invalid volume state to salvage: ${state}`);
    if (robustness !== 'faulted') throw new ApiProblem(500, `invalid robustness state to salvage: ${robustness}`);
    for (const replicaName of names) await salvageReplica(cluster, name, replicaName);
    return volume;
  });
}

async function salvageReplica(cluster: Cluster, volume: string, name: string): Promise<void> {
  const replica = cluster.replicas.get(name);
  if (replica === undefined) throw notFound('replica', name);
  if (replica.spec.volumeName !== volume) throw new ApiProblem(500, `replica ${name} doesn't belong to volume ${volume}`);
  if (isNodeDown({ kubeNodes: cluster.kubeNodes.all() }, replica.spec.nodeID)) {
    throw new ApiProblem(500, `unable to check if the related node ${replica.spec.nodeID} is down or deleted for replica ${name}`);
  }
  if (replica.spec.failedAt === '') return;
  await updateObject(cluster, cluster.replicas, replica, { ...replica, spec: { ...replica.spec, failedAt: '' } });
}

function volumeNamed(cluster: Cluster, name: string): Volume {
  const volume = cluster.volumes.get(name);
  if (volume === undefined) throw notFound('volume', name);
  return volume;
}

function checkSelectors(cluster: Cluster, request: VolumeRequest): void {
  const nodes = cluster.nodes.all();
  const diskTags = new Set(nodes.flatMap((node) => Object.values(node.spec.disks ?? {}).flatMap((disk) => disk.tags ?? [])));
  const nodeTags = new Set(nodes.flatMap((node) => node.spec.tags ?? []));
  const unknownDisk = ((request['diskSelector'] ?? []) as string[]).find((tag) => !diskTags.has(tag));
  if (unknownDisk !== undefined) throw new ApiProblem(500, `specified disk tag ${unknownDisk} does not exist`);
  const unknownNode = ((request['nodeSelector'] ?? []) as string[]).find((tag) => !nodeTags.has(tag));
  if (unknownNode !== undefined) throw new ApiProblem(500, `specified node tag ${unknownNode} does not exist`);
}

type Tickets = VolumeAttachment['spec']['attachmentTickets'];

/** Changes the tickets, again and again while somebody else changes the same object. */
async function changeTickets(cluster: Cluster, volume: string, change: (tickets: Tickets) => Tickets): Promise<void> {
  const deadline = performance.now() + attachmentAppearsMs;
  for (;;) {
    try {
      const attachment = await cluster.client.get<VolumeAttachment>(`${cluster.attachments.path}/${volume}`);
      const attachmentTickets = change(attachment.spec.attachmentTickets ?? {});
      await updateObject(cluster, cluster.attachments, attachment, { ...attachment, spec: { ...attachment.spec, attachmentTickets } });
      return;
    } catch (error) {
      if (!(error instanceof KubernetesError) || (error.status !== 404 && error.status !== 409) || performance.now() > deadline)
        throw error;
      await delay(200);
    }
  }
}
