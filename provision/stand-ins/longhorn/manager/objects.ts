import type { KubeObject } from './kubernetes.ts';

/** Objects of the group longhorn.io/v1beta2, with the fields that this stand-in reads or writes. Sizes are decimal strings of bytes, as there. */

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  type: string;
  status: ConditionStatus;
  lastProbeTime: string;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

type VolumeState = '' | 'creating' | 'attached' | 'detached' | 'attaching' | 'detaching' | 'deleting';
type Robustness = '' | 'healthy' | 'degraded' | 'faulted' | 'unknown';
export type AccessMode = '' | 'rwo' | 'rwx';
type InstanceState = '' | 'running' | 'stopped' | 'error' | 'starting' | 'stopping' | 'unknown';
type ReplicaMode = 'RW' | 'WO' | 'ERR';
type ShareState = '' | 'unknown' | 'starting' | 'running' | 'stopping' | 'stopped' | 'error';

export interface VolumeSpec {
  size: string;
  frontend: string;
  fromBackup: string;
  dataSource: string;
  dataLocality: string;
  staleReplicaTimeout: number;
  nodeID: string;
  image: string;
  backingImage: string;
  Standby: boolean;
  diskSelector: string[];
  nodeSelector: string[];
  disableFrontend: boolean;
  revisionCounterDisabled: boolean;
  unmapMarkSnapChainRemoved: string;
  replicaSoftAntiAffinity: string;
  replicaZoneSoftAntiAffinity: string;
  replicaDiskSoftAntiAffinity: string;
  lastAttachedBy: string;
  accessMode: AccessMode;
  migratable: boolean;
  encrypted: boolean;
  numberOfReplicas: number;
  replicaAutoBalance: string;
  snapshotDataIntegrity: string;
  backupCompressionMethod: string;
  backupBlockSize: string;
  dataEngine: string;
  snapshotMaxCount: number;
  snapshotMaxSize: string;
  freezeFilesystemForSnapshot: string;
  backupTargetName: string;
  offlineRebuilding: string;
  replicaRebuildingBandwidthLimit: number;
  restoreVolumeRecurringJob: string;
}

export interface WorkloadStatus {
  podName: string;
  podStatus: string;
  workloadName: string;
  workloadType: string;
}

export interface KubernetesStatus {
  pvName: string;
  pvStatus: string;
  namespace: string;
  pvcName: string;
  lastPVCRefAt: string;
  workloadsStatus: WorkloadStatus[];
  lastPodRefAt: string;
}

export interface VolumeStatus {
  ownerID: string;
  state: VolumeState;
  robustness: Robustness;
  currentNodeID: string;
  currentImage: string;
  kubernetesStatus: KubernetesStatus;
  conditions: Condition[];
  lastBackup: string;
  lastBackupAt: string;
  currentMigrationNodeID: string;
  frontendDisabled: boolean;
  restoreRequired: boolean;
  restoreInitiated: boolean;
  remountRequestedAt: string;
  expansionRequired: boolean;
  isStandby: boolean;
  actualSize: number;
  lastDegradedAt: string;
  shareEndpoint: string;
  shareState: ShareState;
}

export interface Volume extends KubeObject {
  spec: VolumeSpec;
  status: VolumeStatus;
}

interface InstanceSpec {
  volumeName: string;
  volumeSize: string;
  nodeID: string;
  image: string;
  desireState: InstanceState;
  logRequested: boolean;
  salvageRequested: boolean;
  dataEngine: string;
}

export interface InstanceStatus {
  ownerID: string;
  instanceManagerName: string;
  currentState: InstanceState;
  currentImage: string;
  ip: string;
  storageIP: string;
  port: number;
  starting: boolean;
  started: boolean;
  logFetched: boolean;
  salvageExecuted: boolean;
  conditions: Condition[];
}

interface ReplicaSpec extends InstanceSpec {
  engineName: string;
  healthyAt: string;
  lastHealthyAt: string;
  failedAt: string;
  lastFailedAt: string;
  diskID: string;
  diskPath: string;
  dataDirectoryName: string;
  backingImage: string;
  active: boolean;
  hardNodeAffinity: string;
  revisionCounterDisabled: boolean;
  rebuildRetryCount: number;
  evictionRequested: boolean;
  snapshotMaxCount: number;
  snapshotMaxSize: string;
}

export interface Replica extends KubeObject {
  spec: ReplicaSpec;
  status: InstanceStatus;
}

interface EngineSpec extends InstanceSpec {
  frontend: string;
  replicaAddressMap: Record<string, string>;
  upgradedReplicaAddressMap: Record<string, string>;
  backupVolume: string;
  requestedBackupRestore: string;
  requestedDataSource: string;
  disableFrontend: boolean;
  revisionCounterDisabled: boolean;
  active: boolean;
  snapshotMaxCount: number;
  snapshotMaxSize: string;
}

export interface RebuildStatus {
  error: string;
  isRebuilding: boolean;
  progress: number;
  state: string;
  fromReplicaAddress: string;
  appliedRebuildingMBps: number;
}

interface SnapshotInfo {
  name: string;
  parent: string;
  children: Record<string, boolean>;
  removed: boolean;
  usercreated: boolean;
  created: string;
  size: string;
  labels: Record<string, string>;
}

export interface EngineStatus extends InstanceStatus {
  currentSize: string;
  currentReplicaAddressMap: Record<string, string>;
  replicaModeMap: Record<string, ReplicaMode>;
  replicaTransitionTimeMap: Record<string, string>;
  endpoint: string;
  rebuildStatus: Record<string, RebuildStatus>;
  snapshots?: Record<string, SnapshotInfo>;
  isExpanding: boolean;
  lastExpansionError: string;
  lastExpansionFailedAt: string;
  lastRestoredBackup: string;
}

export interface Engine extends KubeObject {
  spec: EngineSpec;
  status: EngineStatus;
}

export interface DiskSpec {
  diskType: string;
  path: string;
  diskDriver: string;
  allowScheduling: boolean;
  evictionRequested: boolean;
  storageReserved: number;
  tags: string[];
}

export interface DiskStatus {
  conditions: Condition[];
  storageAvailable: number;
  storageScheduled: number;
  storageMaximum: number;
  scheduledReplica: Record<string, number>;
  scheduledBackingImage: Record<string, number>;
  diskUUID: string;
  diskName: string;
  diskPath: string;
  diskType: string;
  diskDriver: string;
  filesystemType: string;
  instanceManagerName: string;
}

export interface LonghornNode extends KubeObject {
  spec: {
    name: string;
    disks: Record<string, DiskSpec>;
    allowScheduling: boolean;
    evictionRequested: boolean;
    tags: string[];
    instanceManagerCPURequest: number;
  };
  status: {
    conditions: Condition[];
    diskStatus: Record<string, DiskStatus>;
    region: string;
    zone: string;
    autoEvicting: boolean;
  };
}

export interface Setting extends KubeObject {
  value: string;
  status?: { applied: boolean };
}

export interface InstanceProcess {
  spec: { name: string; dataEngine: string };
  status: {
    endpoint: string;
    errorMsg: string;
    conditions: Record<string, boolean>;
    listen: string;
    portStart: number;
    portEnd: number;
    targetPortStart: number;
    targetPortEnd: number;
    state: InstanceState;
    type: 'engine' | 'replica';
    resourceVersion: number;
  };
}

export interface InstanceManager extends KubeObject {
  spec: { image: string; nodeID: string; type: string; dataEngine: string; dataEngineSpec: { v2: { cpuMask: string } } };
  status: {
    ownerID: string;
    currentState: 'error' | 'running' | 'stopped' | 'starting' | 'unknown';
    instanceEngines: Record<string, InstanceProcess>;
    instanceReplicas: Record<string, InstanceProcess>;
    ip: string;
    apiMinVersion: number;
    apiVersion: number;
    proxyApiMinVersion: number;
    proxyApiVersion: number;
  };
}

export interface AttachmentTicket {
  id: string;
  type: string;
  nodeID: string;
  parameters: Record<string, string>;
  generation: number;
}

export interface AttachmentTicketStatus {
  id: string;
  satisfied: boolean;
  conditions: Condition[];
  generation: number;
}

export interface VolumeAttachment extends KubeObject {
  spec: { volume: string; attachmentTickets: Record<string, AttachmentTicket> };
  status: { attachmentTicketStatuses: Record<string, AttachmentTicketStatus> };
}

export interface ShareManager extends KubeObject {
  spec: { image: string };
  status: { ownerID: string; state: ShareState; endpoint: string };
}

export interface EngineImage extends KubeObject {
  spec: { image: string };
  status: {
    ownerID: string;
    state: string;
    refCount: number;
    noRefSince: string;
    incompatible: boolean;
    conditions: Condition[];
    nodeDeploymentMap: Record<string, boolean>;
    version: string;
    gitCommit: string;
    buildDate: string;
    cliAPIVersion: number;
    cliAPIMinVersion: number;
    controllerAPIVersion: number;
    controllerAPIMinVersion: number;
    dataFormatVersion: number;
    dataFormatMinVersion: number;
  };
}

export interface BackupTarget extends KubeObject {
  spec: { backupTargetURL: string; credentialSecret: string; pollInterval: string };
}

/** Objects of Kubernetes itself, in the parts that matter here. */

interface KubeCondition {
  type: string;
  status: string;
}

export interface KubeNode extends KubeObject {
  spec: { unschedulable?: boolean };
  status: { conditions?: KubeCondition[]; nodeInfo?: { osImage?: string } };
}

export interface Pod extends KubeObject {
  spec: {
    nodeName?: string;
    volumes?: { persistentVolumeClaim?: { claimName: string } }[];
    containers?: { name: string; image: string }[];
    [field: string]: unknown;
  };
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: KubeCondition[];
    containerStatuses?: { ready: boolean }[];
  };
}

export interface PersistentVolume extends KubeObject {
  spec: {
    csi?: { driver: string; volumeHandle: string; fsType?: string };
    claimRef?: { namespace: string; name: string };
  };
  status?: { phase?: string };
}

export interface Service extends KubeObject {
  spec: { clusterIP?: string; [field: string]: unknown };
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}
