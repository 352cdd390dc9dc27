import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Cache } from '../cache.ts';
import type { Cluster } from '../cluster.ts';
import { recordEvents } from '../events.ts';
import { isOutdated, type KubeObject } from '../kubernetes.ts';
import type { Volume } from '../objects.ts';
import { settingReader } from '../setting-values.ts';
import { createObject, removeObject, updateObject } from '../store.ts';
import { activeFaults, timeScale } from '../tuning.ts';
import type { Surroundings, VolumeView } from '../view.ts';
import { finalizer, newEngine, newReplica, newVolumeStatus } from '../volume/new-objects.ts';
import { reconcileVolume } from '../volume/reconcile.ts';

/** Brings every volume one step on; a volume that fails does not hold the others up. */
export async function reconcileVolumes(cluster: Cluster): Promise<void> {
  for (const volume of cluster.volumes.all()) {
    try {
      await (volume.metadata.deletionTimestamp === undefined ? stepVolume(cluster, volume) : removeVolume(cluster, volume));
    } catch (error) {
      if (!isOutdated(error)) process.stderr.write(`longhorn-manager: volume ${volume.metadata.name}: ${String(error)}\n`);
    }
  }
  await removeOrphans(cluster);
}

/** What the reconciliation of a volume reads, from the caches. */
export function surroundings(cluster: Cluster): Surroundings {
  return {
    nodes: cluster.nodes.all(),
    kubeNodes: cluster.kubeNodes.all(),
    instanceManagers: cluster.instanceManagers.all(),
    allReplicas: cluster.replicas.all(),
    settings: settingReader(cluster.settings),
    now: new Date(),
    timeScale: timeScale(cluster.configMaps),
    faults: activeFaults(cluster.configMaps),
    shareManagerImage: cluster.place.images.shareManager,
    suffix: () => randomBytes(4).toString('hex'),
  };
}

export function viewOf(cluster: Cluster, volume: Volume): VolumeView {
  const { name } = volume.metadata;
  return {
    volume,
    engine: cluster.engines.all().find((engine) => engine.spec.volumeName === name && engine.metadata.deletionTimestamp === undefined),
    replicas: cluster.replicas
      .all()
      .filter((replica) => replica.spec.volumeName === name && replica.metadata.deletionTimestamp === undefined),
    attachment: cluster.attachments.get(name),
    shareManager: cluster.shareManagers.get(name),
    events: [],
  };
}

async function stepVolume(cluster: Cluster, volume: Volume): Promise<void> {
  const before = viewOf(cluster, volume);
  if (!hasStatuses(before)) {
    await repairStatuses(cluster, before);
    return;
  }
  const after = reconcileVolume(before, surroundings(cluster), cluster.place.nodeName);
  after.volume.metadata.finalizers = [...new Set([...(after.volume.metadata.finalizers ?? []), finalizer])];
  await writeOne(cluster, cluster.attachments, before.attachment, after.attachment);
  await writeOne(cluster, cluster.engines, before.engine, after.engine);
  await writeReplicas(cluster, before, after);
  await writeOne(cluster, cluster.shareManagers, before.shareManager, after.shareManager);
  await writeOne(cluster, cluster.volumes, before.volume, after.volume);
  await recordEvents(cluster, volume, after.events);
}

/** An object whose creator was killed between the two requests has no status. */
function hasStatuses(view: VolumeView): boolean {
  return [view.engine, ...view.replicas].every((instance) => instance === undefined || instance.status?.currentState !== undefined);
}

async function repairStatuses(cluster: Cluster, view: VolumeView): Promise<void> {
  const { engine, volume } = view;
  if (engine !== undefined && engine.status?.currentState === undefined)
    await updateObject(cluster, cluster.engines, engine, { ...engine, status: newEngine(volume).status });
  for (const replica of view.replicas) {
    if (replica.status?.currentState === undefined)
      await updateObject(cluster, cluster.replicas, replica, { ...replica, status: newReplica(volume, '', '').status });
  }
}

async function writeOne<T extends KubeObject>(
  cluster: Cluster,
  cache: Cache<T>,
  before: T | undefined,
  after: T | undefined,
): Promise<void> {
  if (after === undefined || isDeepStrictEqual(before, after)) return;
  await (before === undefined ? createObject(cluster, cache, after) : updateObject(cluster, cache, before, after));
}

async function writeReplicas(cluster: Cluster, before: VolumeView, after: VolumeView): Promise<void> {
  const known = new Map(before.replicas.map((replica) => [replica.metadata.name, replica]));
  for (const replica of after.replicas) await writeOne(cluster, cluster.replicas, known.get(replica.metadata.name), replica);
  const kept = new Set(after.replicas.map((replica) => replica.metadata.name));
  for (const name of known.keys()) if (!kept.has(name)) await removeObject(cluster, cluster.replicas, name);
}

/** Engine first, then replicas with their data, then the volume's own object. */
async function removeVolume(cluster: Cluster, volume: Volume): Promise<void> {
  const { name } = volume.metadata;
  if (volume.status?.state !== 'deleting') {
    await updateObject(cluster, cluster.volumes, volume, {
      ...volume,
      status: { ...newVolumeStatus(), ...volume.status, state: 'deleting' },
    });
    return;
  }
  const manager = cluster.shareManagers.get(name);
  if (manager !== undefined && manager.metadata.deletionTimestamp === undefined) await removeObject(cluster, cluster.shareManagers, name);
  await letGo(cluster, cluster.attachments, cluster.attachments.get(name));
  const engines = cluster.engines.all().filter((engine) => engine.spec.volumeName === name);
  for (const engine of engines)
    await (engine.spec.nodeID === ''
      ? letGo(cluster, cluster.engines, engine)
      : removeObject(cluster, cluster.engines, engine.metadata.name));
  if (engines.length > 0 || manager !== undefined) return;
  const replicas = cluster.replicas.all().filter((replica) => replica.spec.volumeName === name);
  for (const replica of replicas)
    await (replica.spec.nodeID === ''
      ? letGo(cluster, cluster.replicas, replica)
      : removeObject(cluster, cluster.replicas, replica.metadata.name));
  if (replicas.length > 0) return;
  const finalizers = (volume.metadata.finalizers ?? []).filter((entry) => entry !== finalizer);
  await updateObject(cluster, cluster.volumes, volume, { ...volume, metadata: { ...volume.metadata, finalizers } });
}

/** Deletes an object that nobody has to clean up behind. */
async function letGo<T extends KubeObject>(cluster: Cluster, cache: Cache<T>, object: T | undefined): Promise<void> {
  if (object === undefined) return;
  const { name, finalizers } = object.metadata;
  if (object.metadata.deletionTimestamp === undefined) await removeObject(cluster, cache, name);
  if ((finalizers ?? []).includes(finalizer))
    await cluster.client.patch(`${cache.path}/${name}`, { metadata: { finalizers: null } }).catch(ignoreOutdated);
}

function ignoreOutdated(error: unknown): void {
  if (!isOutdated(error)) throw error;
}

/** Objects of volumes that are gone, and deleted ones that never had a node, have nobody else to let them go. */
async function removeOrphans(cluster: Cluster): Promise<void> {
  const exists = (volume: string): boolean => cluster.volumes.get(volume) !== undefined;
  for (const attachment of cluster.attachments.all())
    if (!exists(attachment.spec.volume)) await letGo(cluster, cluster.attachments, attachment).catch(ignoreOutdated);
  for (const cache of [cluster.engines, cluster.replicas]) {
    for (const instance of cache.all()) {
      const unplaced = instance.spec.nodeID === '' && instance.metadata.deletionTimestamp !== undefined;
      if (unplaced) await letGo(cluster, cache as unknown as Cache<KubeObject>, instance).catch(ignoreOutdated);
    }
  }
}
