import type { Cluster } from '../cluster.ts';
import { timestamp } from '../conditions.ts';
import { isOutdated } from '../kubernetes.ts';
import type { Engine, RebuildStatus } from '../objects.ts';
import { updateObject } from '../store.ts';
import { completeReplicas } from '../volume/attach.ts';
import { finalizer } from '../volume/new-objects.ts';
import type { EngineInstance, EngineReplica } from '../instance-manager-api.ts';
import { InstanceRefusal } from './instance-manager-client.ts';
import type { OwnInstances } from './own-instance-manager.ts';

/** Brings the engines of the own node to what their objects ask for, and writes down how they are. */
export async function syncEngines(cluster: Cluster, own: OwnInstances): Promise<void> {
  const engines = cluster.engines
    .all()
    .filter((engine) => engine.spec.nodeID === cluster.place.nodeName && engine.status?.currentState !== undefined);
  await Promise.all(engines.map((engine) => syncEngine(cluster, own, engine)));
  const wanted = new Set(engines.map((engine) => engine.metadata.name));
  const strays = own.instances.filter((instance) => instance.kind === 'engine' && !wanted.has(instance.name));
  await Promise.all(strays.map((stray) => own.client.stopEngine(stray.name)));
}

async function syncEngine(cluster: Cluster, own: OwnInstances, engine: Engine): Promise<void> {
  try {
    const after = structuredClone(engine);
    if (engine.metadata.deletionTimestamp !== undefined) {
      await keepStopped(own, after);
      after.metadata.finalizers = (after.metadata.finalizers ?? []).filter((entry) => entry !== finalizer);
    } else if (engine.spec.desireState === 'running') {
      await keepRunning(cluster, own, after);
    } else {
      await keepStopped(own, after);
    }
    after.status.ownerID = cluster.place.nodeName;
    await updateObject(cluster, cluster.engines, engine, after);
  } catch (error) {
    if (!isOutdated(error)) process.stderr.write(`longhorn-manager: engine ${engine.metadata.name}: ${String(error)}\n`);
  }
}

async function keepStopped(own: OwnInstances, engine: Engine): Promise<void> {
  if (instanceOf(own, engine) !== undefined) await own.client.stopEngine(engine.metadata.name);
  Object.assign(engine.status, {
    currentState: 'stopped',
    ip: '',
    storageIP: '',
    port: 0,
    started: false,
    starting: false,
    instanceManagerName: '',
    currentImage: '',
    endpoint: '',
    replicaModeMap: {},
    replicaTransitionTimeMap: {},
    currentReplicaAddressMap: {},
    rebuildStatus: {},
    isExpanding: false,
  });
}

/** An engine that has run and is not there any more has died: its volume is to be detached in order. */
async function keepRunning(cluster: Cluster, own: OwnInstances, engine: Engine): Promise<void> {
  const present = instanceOf(own, engine);
  const { status } = engine;
  if (present === undefined && (status.started || status.currentState === 'error')) {
    Object.assign(status, { currentState: 'error', endpoint: '' });
    return;
  }
  const started = present ?? (await start(cluster, own, engine));
  if (started === undefined) return;
  if (started.state !== 'running') {
    Object.assign(status, { currentState: 'error', endpoint: '', started: true });
    return;
  }
  const grown = await grow(own, engine, started);
  const instance = await followReplicas(own, engine, grown);
  Object.assign(status, {
    currentState: 'running',
    ip: own.ip,
    storageIP: own.ip,
    port: 0,
    started: true,
    starting: false,
    instanceManagerName: own.manager.metadata.name,
    currentImage: engine.spec.image,
    endpoint: instance.endpoint,
    currentSize: String(instance.size),
    isExpanding: instance.size < Number(engine.spec.volumeSize),
  });
  describeReplicas(engine, instance);
  measure(own, engine);
}

async function start(cluster: Cluster, own: OwnInstances, engine: Engine): Promise<EngineInstance | undefined> {
  const { replicaAddressMap, volumeName, volumeSize } = engine.spec;
  const addressed = cluster.replicas.all().filter((replica) => replicaAddressMap[replica.metadata.name] !== undefined);
  const replicas = completeReplicas(addressed).map(({ metadata: { name } }) => ({ name, address: replicaAddressMap[name] ?? '' }));
  try {
    return await own.client.startEngine(engine.metadata.name, { volume: volumeName, size: Number(volumeSize), replicas });
  } catch (error) {
    if (!(error instanceof InstanceRefusal)) throw error;
    process.stderr.write(`longhorn-manager: engine ${engine.metadata.name} does not start: ${error.message}\n`);
    engine.status.currentState = 'error';
    return undefined;
  }
}

async function grow(own: OwnInstances, engine: Engine, instance: EngineInstance): Promise<EngineInstance> {
  const size = Number(engine.spec.volumeSize);
  if (instance.size >= size) return instance;
  try {
    const grown = await own.client.resizeEngine(engine.metadata.name, size);
    engine.status.lastExpansionError = '';
    return grown;
  } catch (error) {
    engine.status.lastExpansionError = (error as Error).message;
    engine.status.lastExpansionFailedAt = timestamp(new Date());
    return instance;
  }
}

/** Adds the replicas that the engine lacks, which are then rebuilt, and takes out those that it shall not have any more. */
async function followReplicas(own: OwnInstances, engine: Engine, instance: EngineInstance): Promise<EngineInstance> {
  const { name } = engine.metadata;
  const wanted = engine.spec.replicaAddressMap ?? {};
  const has = new Set(instance.replicas.map((replica) => replica.name));
  const surplus = instance.replicas.filter((replica) => wanted[replica.name] === undefined);
  for (const replica of surplus) await own.client.removeReplica(name, replica.name);
  let current: EngineInstance = { ...instance, replicas: instance.replicas.filter((replica) => !surplus.includes(replica)) };
  for (const [replica, address] of Object.entries(wanted)) {
    if (has.has(replica)) continue;
    current = await own.client.addReplica(name, replica, address);
  }
  return current;
}

function describeReplicas(engine: Engine, instance: EngineInstance): void {
  const { status } = engine;
  const now = timestamp(new Date());
  const modes = status.replicaModeMap ?? {};
  const since = status.replicaTransitionTimeMap ?? {};
  const entries = <T>(value: (replica: EngineReplica) => T): Record<string, T> =>
    Object.fromEntries(instance.replicas.map((replica) => [replica.name, value(replica)]));
  status.replicaTransitionTimeMap = entries((replica) => (modes[replica.name] === replica.mode ? (since[replica.name] ?? now) : now));
  status.replicaModeMap = entries((replica) => replica.mode);
  status.currentReplicaAddressMap = entries((replica) => replica.address);
  const source = instance.replicas.find((replica) => replica.mode === 'RW')?.address ?? '';
  const rebuilding = instance.replicas.filter((replica) => replica.mode === 'WO');
  status.rebuildStatus = Object.fromEntries(rebuilding.map((replica) => [`tcp://${replica.address}`, rebuildStatus(replica, source)]));
}

/** The size of what is written, from a replica on the same node; rewritten when it has changed by a mebibyte. */
function measure(own: OwnInstances, engine: Engine): void {
  const local = own.instances.find((instance) => instance.kind === 'replica' && instance.volume === engine.spec.volumeName);
  if (local?.kind !== 'replica') return;
  const known = engine.status.snapshots?.['volume-head'];
  if (known !== undefined && Math.abs(Number(known.size) - local.actualSize) < 2 ** 20) return;
  const head = {
    name: 'volume-head',
    parent: '',
    children: {},
    removed: false,
    usercreated: false,
    created: '',
    labels: {},
    size: String(local.actualSize),
  };
  engine.status.snapshots = { 'volume-head': head };
}

/** Progress in steps of ten percent, so that it does not rewrite the object at each look. */
function rebuildStatus(replica: EngineReplica, source: string): RebuildStatus {
  const progress = Math.floor((replica.rebuildProgress ?? 0) / 10) * 10;
  return {
    error: replica.error ?? '',
    isRebuilding: true,
    progress,
    state: 'in_progress',
    fromReplicaAddress: `tcp://${source}`,
    appliedRebuildingMBps: 0,
  };
}

function instanceOf(own: OwnInstances, engine: Engine): EngineInstance | undefined {
  const found = own.instances.find((instance) => instance.kind === 'engine' && instance.name === engine.metadata.name);
  return found?.kind === 'engine' ? found : undefined;
}
