import type { Cluster } from '../cluster.ts';
import { isOutdated } from '../kubernetes.ts';
import type { Replica } from '../objects.ts';
import { updateObject } from '../store.ts';
import { activeFaults } from '../tuning.ts';
import { finalizer } from '../volume/new-objects.ts';
import type { ReplicaInstance } from '../instance-manager-api.ts';
import { InstanceRefusal } from './instance-manager-client.ts';
import type { OwnInstances } from './own-instance-manager.ts';

/** Brings the replicas of the own node to what their objects ask for, and writes down how they are. */
export async function syncReplicas(cluster: Cluster, own: OwnInstances): Promise<void> {
  const replicas = cluster.replicas
    .all()
    .filter((replica) => replica.spec.nodeID === cluster.place.nodeName && replica.status?.currentState !== undefined);
  await Promise.all(replicas.map((replica) => syncReplica(cluster, own, replica)));
  const wanted = new Set(replicas.map((replica) => replica.metadata.name));
  const strays = own.instances.filter((instance) => instance.kind === 'replica' && !wanted.has(instance.name));
  await Promise.all(strays.map((stray) => own.client.stopReplica(stray.name)));
}

/** Folder of a replica's data on its node. */
function dataPath(replica: Replica): string {
  return `${replica.spec.diskPath.replace(/\/+$/, '')}/replicas/${replica.spec.dataDirectoryName}`;
}

async function syncReplica(cluster: Cluster, own: OwnInstances, replica: Replica): Promise<void> {
  try {
    if (replica.metadata.deletionTimestamp !== undefined) {
      await removeReplica(cluster, own, replica);
      return;
    }
    const after = structuredClone(replica);
    await (replica.spec.desireState === 'running' ? keepRunning(own, after) : keepStopped(own, after));
    after.status.ownerID = cluster.place.nodeName;
    await updateObject(cluster, cluster.replicas, replica, after);
  } catch (error) {
    if (!isOutdated(error)) process.stderr.write(`longhorn-manager: replica ${replica.metadata.name}: ${String(error)}\n`);
  }
}

async function removeReplica(cluster: Cluster, own: OwnInstances, replica: Replica): Promise<void> {
  const { name } = replica.metadata;
  if (activeFaults(cluster.configMaps).has('keep-replica-data')) await own.client.stopReplica(name);
  else if (replica.spec.dataDirectoryName !== '') await own.client.deleteReplica(name, dataPath(replica));
  const after = structuredClone(replica);
  after.metadata.finalizers = (after.metadata.finalizers ?? []).filter((entry) => entry !== finalizer);
  await updateObject(cluster, cluster.replicas, replica, after);
}

async function keepStopped(own: OwnInstances, replica: Replica): Promise<void> {
  if (instanceOf(own, replica) !== undefined) await own.client.stopReplica(replica.metadata.name);
  Object.assign(replica.status, {
    currentState: 'stopped',
    ip: '',
    storageIP: '',
    port: 0,
    started: false,
    starting: false,
    instanceManagerName: '',
    currentImage: '',
  });
}

/** A replica that has run and is not there any more has failed: only its volume's controller decides how it goes on. */
async function keepRunning(own: OwnInstances, replica: Replica): Promise<void> {
  const present = instanceOf(own, replica);
  const { status } = replica;
  if (present === undefined && (status.started || status.currentState === 'error')) {
    Object.assign(status, { currentState: 'error', ip: '', storageIP: '', port: 0 });
    return;
  }
  const instance = present ?? (await start(own, replica));
  if (instance === undefined) return;
  Object.assign(status, {
    currentState: instance.state === 'running' ? 'running' : 'error',
    ip: own.ip,
    storageIP: own.ip,
    port: instance.port,
    started: true,
    starting: false,
    instanceManagerName: own.manager.metadata.name,
    currentImage: replica.spec.image,
  });
}

async function start(own: OwnInstances, replica: Replica): Promise<ReplicaInstance | undefined> {
  const { volumeName, volumeSize } = replica.spec;
  try {
    return await own.client.startReplica(replica.metadata.name, {
      volume: volumeName,
      size: Number(volumeSize),
      directory: dataPath(replica),
    });
  } catch (error) {
    if (!(error instanceof InstanceRefusal)) throw error;
    process.stderr.write(`longhorn-manager: replica ${replica.metadata.name} does not start: ${error.message}\n`);
    replica.status.currentState = 'error';
    return undefined;
  }
}

function instanceOf(own: OwnInstances, replica: Replica): ReplicaInstance | undefined {
  const found = own.instances.find((instance) => instance.kind === 'replica' && instance.name === replica.metadata.name);
  return found?.kind === 'replica' ? found : undefined;
}
