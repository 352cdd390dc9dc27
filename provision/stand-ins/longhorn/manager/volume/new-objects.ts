import { timestamp } from '../conditions.ts';
import { apiVersion } from '../cluster.ts';
import type { OwnerReference } from '../kubernetes.ts';
import type { Engine, EngineStatus, InstanceStatus, Replica, ShareManager, Volume, VolumeAttachment, VolumeStatus } from '../objects.ts';

/** The finalizer that every Longhorn object has until its controller has cleaned up behind it. */
export const finalizer = 'longhorn.io';

function volumeLabels(name: string): Record<string, string> {
  return { longhornvolume: name };
}

function ownedByVolume(volume: Volume): OwnerReference[] {
  const { name, uid = '' } = volume.metadata;
  return [{ apiVersion, kind: 'Volume', name, uid }];
}

function instanceStatus(): InstanceStatus {
  return {
    ownerID: '',
    instanceManagerName: '',
    currentState: 'stopped',
    currentImage: '',
    ip: '',
    storageIP: '',
    port: 0,
    starting: false,
    started: false,
    logFetched: false,
    salvageExecuted: false,
    conditions: [],
  };
}

function engineStatus(volume: Volume): EngineStatus {
  return {
    ...instanceStatus(),
    currentSize: volume.spec.size,
    currentReplicaAddressMap: {},
    replicaModeMap: {},
    replicaTransitionTimeMap: {},
    endpoint: '',
    rebuildStatus: {},
    isExpanding: false,
    lastExpansionError: '',
    lastExpansionFailedAt: '',
    lastRestoredBackup: '',
  };
}

export function newVolumeStatus(): VolumeStatus {
  return {
    ownerID: '',
    state: '',
    robustness: '',
    currentNodeID: '',
    currentImage: '',
    kubernetesStatus: { pvName: '', pvStatus: '', namespace: '', pvcName: '', lastPVCRefAt: '', workloadsStatus: [], lastPodRefAt: '' },
    conditions: [],
    lastBackup: '',
    lastBackupAt: '',
    currentMigrationNodeID: '',
    frontendDisabled: false,
    restoreRequired: false,
    restoreInitiated: false,
    remountRequestedAt: '',
    expansionRequired: false,
    isStandby: false,
    actualSize: 0,
    lastDegradedAt: '',
    shareEndpoint: '',
    shareState: '',
  };
}

export function newEngine(volume: Volume): Engine {
  const { name } = volume.metadata;
  const { spec } = volume;
  return {
    apiVersion,
    kind: 'Engine',
    metadata: { name: `${name}-e-0`, labels: volumeLabels(name), finalizers: [finalizer], ownerReferences: ownedByVolume(volume) },
    spec: {
      volumeName: name,
      volumeSize: spec.size,
      nodeID: '',
      image: spec.image,
      desireState: 'stopped',
      logRequested: false,
      salvageRequested: false,
      dataEngine: 'v1',
      frontend: spec.frontend,
      replicaAddressMap: {},
      upgradedReplicaAddressMap: {},
      backupVolume: '',
      requestedBackupRestore: '',
      requestedDataSource: '',
      disableFrontend: false,
      revisionCounterDisabled: spec.revisionCounterDisabled,
      active: true,
      snapshotMaxCount: spec.snapshotMaxCount,
      snapshotMaxSize: spec.snapshotMaxSize,
    },
    status: engineStatus(volume),
  };
}

export function newReplica(volume: Volume, engineName: string, suffix: string): Replica {
  const { name } = volume.metadata;
  const { spec } = volume;
  return {
    apiVersion,
    kind: 'Replica',
    metadata: { name: `${name}-r-${suffix}`, labels: volumeLabels(name), finalizers: [finalizer], ownerReferences: ownedByVolume(volume) },
    spec: {
      volumeName: name,
      volumeSize: spec.size,
      nodeID: '',
      image: spec.image,
      desireState: 'stopped',
      logRequested: false,
      salvageRequested: false,
      dataEngine: 'v1',
      engineName,
      healthyAt: '',
      lastHealthyAt: '',
      failedAt: '',
      lastFailedAt: '',
      diskID: '',
      diskPath: '',
      dataDirectoryName: '',
      backingImage: '',
      active: true,
      hardNodeAffinity: '',
      revisionCounterDisabled: spec.revisionCounterDisabled,
      rebuildRetryCount: 0,
      evictionRequested: false,
      snapshotMaxCount: spec.snapshotMaxCount,
      snapshotMaxSize: spec.snapshotMaxSize,
    },
    status: instanceStatus(),
  };
}

export function newAttachment(volume: Volume): VolumeAttachment {
  const { name } = volume.metadata;
  return {
    apiVersion,
    kind: 'VolumeAttachment',
    metadata: { name, labels: volumeLabels(name), finalizers: [finalizer], ownerReferences: ownedByVolume(volume) },
    spec: { volume: name, attachmentTickets: {} },
    status: { attachmentTicketStatuses: {} },
  };
}

export function newShareManager(volume: Volume, image: string): ShareManager {
  const { name } = volume.metadata;
  return {
    apiVersion,
    kind: 'ShareManager',
    metadata: {
      name,
      labels: { 'longhorn.io/component': 'share-manager', 'longhorn.io/managed-by': 'longhorn-manager', 'longhorn.io/share-manager': name },
      finalizers: [finalizer],
      ownerReferences: ownedByVolume(volume),
    },
    spec: { image },
    status: { ownerID: '', state: 'stopped', endpoint: '' },
  };
}

/** Marks a replica as failed now, or, with an empty time, as not failed. */
export function setFailed(replica: Replica, now: Date | undefined): void {
  replica.spec.failedAt = now === undefined ? '' : timestamp(now);
  if (now !== undefined) replica.spec.lastFailedAt = replica.spec.failedAt;
}
