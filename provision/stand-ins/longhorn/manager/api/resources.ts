import { conditionsByType } from '../conditions.ts';
import type { Engine, EngineImage, InstanceManager, LonghornNode, Replica, Setting, Volume, VolumeAttachment } from '../objects.ts';
import { unreadiness } from '../readiness.ts';
import { settingDefinition } from '../setting-definitions.ts';
import { newVolumeStatus } from '../volume/new-objects.ts';

/** Resources of the REST API, as api/model.go of longhorn-manager shapes them. `base` is the URL that the caller used, up to /v1. */

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Collection {
  readonly type: 'collection';
  readonly resourceType: string;
  readonly links: Readonly<Record<string, string>>;
  readonly createTypes?: Readonly<Record<string, string>>;
  readonly data: readonly Resource[];
}

/** A volume's objects. */
export interface VolumeObjects {
  readonly volume: Volume;
  readonly engines: readonly Engine[];
  readonly replicas: readonly Replica[];
  readonly attachment: VolumeAttachment | undefined;
}

export function collection(base: string, resourceType: string, data: readonly Resource[]): Collection {
  const url = `${base}/${plural(resourceType)}`;
  return {
    type: 'collection',
    resourceType,
    links: { self: url },
    ...(resourceType === 'volume' && { createTypes: { volume: url } }),
    data,
  };
}

export function volumeResource(base: string, objects: VolumeObjects): Resource {
  const { volume, engines, replicas } = objects;
  const { spec } = volume;
  const status: Volume['status'] = { ...newVolumeStatus(), ...volume.status };
  const { name } = volume.metadata;
  const self = `${base}/volumes/${name}`;
  return {
    id: name,
    type: 'volume',
    links: { self },
    actions: Object.fromEntries(volumeActions(volume).map((action) => [action, `${self}?action=${action}`])),
    ...volumeSpecFields(volume),
    name,
    created: `${(volume.metadata.creationTimestamp ?? '').replace('T', ' ').replace('Z', '')} +0000 UTC`,
    state: status.state,
    robustness: status.robustness,
    currentImage: status.currentImage,
    lastBackup: '',
    lastBackupAt: '',
    restoreRequired: false,
    restoreInitiated: false,
    ready: unreadiness(volume, replicas) === undefined,
    shareEndpoint: status.shareEndpoint,
    shareState: status.shareState,
    conditions: conditionsByType(status.conditions),
    kubernetesStatus: status.kubernetesStatus,
    cloneStatus: { sourceVolume: '', snapshot: '', state: '', attemptCount: 0, nextAllowedAttemptAt: '' },
    lastAttachedBy: spec.lastAttachedBy ?? '',
    controllers: engines.map((engine) => controllerOf(engine)),
    replicas: replicas.map((replica) => replicaOf(replica, engines, status.currentNodeID)),
    backupStatus: [],
    restoreStatus: [],
    purgeStatus: null,
    rebuildStatus: rebuildsOf(engines, replicas),
    volumeAttachment: { ...attachmentOf(objects), volume: name },
  };
}

export function nodeResource(base: string, node: LonghornNode, address: string): Resource {
  const { name } = node.metadata;
  const self = `${base}/nodes/${name}`;
  const { spec, status } = node;
  const disks = Object.entries(spec.disks ?? {}).map(([diskName, disk]) => {
    const { conditions, storageAvailable, storageScheduled, storageMaximum, scheduledReplica, scheduledBackingImage, diskUUID } =
      status?.diskStatus?.[diskName] ?? {};
    return [
      diskName,
      {
        ...disk,
        conditions: conditionsByType(conditions),
        storageAvailable,
        storageScheduled,
        storageMaximum,
        scheduledReplica,
        scheduledBackingImage,
        diskUUID,
      },
    ];
  });
  return {
    id: name,
    type: 'node',
    links: { self },
    actions: { diskUpdate: `${self}?action=diskUpdate` },
    name,
    address,
    allowScheduling: spec.allowScheduling,
    evictionRequested: spec.evictionRequested,
    disks: Object.fromEntries(disks),
    conditions: conditionsByType(status?.conditions),
    tags: spec.tags ?? [],
    region: status?.region ?? '',
    zone: status?.zone ?? '',
    instanceManagerCPURequest: spec.instanceManagerCPURequest ?? 0,
    autoEvicting: status?.autoEvicting ?? false,
  };
}

export function settingResource(base: string, setting: Setting): Resource {
  const { name } = setting.metadata;
  const definition = settingDefinition(name);
  return {
    id: name,
    type: 'setting',
    links: { self: `${base}/settings/${name}` },
    applied: setting.status?.applied ?? false,
    name,
    value: setting.value,
    definition: definition && {
      displayName: definition.displayName,
      description: '',
      category: definition.category,
      type: definition.type,
      required: definition.required ?? false,
      readOnly: definition.readOnly ?? false,
      dataEngineSpecific: definition.perDataEngine ?? false,
      default: definition.default,
      ...(definition.choices && { options: definition.choices }),
    },
  };
}

export function engineImageResource(base: string, image: EngineImage, defaultImage: string): Resource {
  const { name } = image.metadata;
  return {
    id: name,
    type: 'engineImage',
    links: { self: `${base}/engineimages/${name}` },
    name,
    image: image.spec.image,
    default: image.spec.image === defaultImage,
    ...image.status,
  };
}

export function instanceManagerResource(base: string, manager: InstanceManager): Resource {
  const { name } = manager.metadata;
  const { currentState, instanceEngines, instanceReplicas } = manager.status ?? {};
  const { dataEngine, image, nodeID, type } = manager.spec;
  return {
    id: name,
    type: 'instanceManager',
    links: { self: `${base}/instancemanagers/${name}` },
    currentState,
    image,
    name,
    nodeID,
    managerType: type,
    dataEngine,
    instanceEngines: instanceEngines ?? {},
    instanceReplicas: instanceReplicas ?? {},
  };
}

export function attachmentResource(base: string, attachment: VolumeAttachment): Resource {
  const { name } = attachment.metadata;
  return {
    id: name,
    type: 'volumeAttachment',
    links: { self: `${base}/volumeattachments/${name}` },
    volume: attachment.spec.volume,
    ...attachmentOf({ attachment }),
  };
}

function volumeSpecFields(volume: Volume): Record<string, unknown> {
  const { nodeID: _nodeID, Standby, migratable, ...fields } = volume.spec as Volume['spec'] & Record<string, unknown>;
  return {
    ...fields,
    standby: Standby ?? false,
    migratable: migratable ?? false,
    diskSelector: volume.spec.diskSelector ?? [],
    nodeSelector: volume.spec.nodeSelector ?? [],
    recurringJobSelector: null,
  };
}

function controllerOf(engine: Engine): Record<string, unknown> {
  const { spec } = engine;
  const status: Partial<Engine['status']> = engine.status ?? {};
  const { ip = '', currentImage = '', instanceManagerName = '', currentSize = '0', endpoint = '', isExpanding = false } = status;
  const { lastExpansionError = '', lastExpansionFailedAt = '' } = status;
  const actual = Object.values(status.snapshots ?? {}).reduce((sum, snapshot) => sum + Number(snapshot.size), 0);
  return {
    name: engine.metadata.name,
    hostId: spec.nodeID,
    address: ip,
    running: status.currentState === 'running',
    image: spec.image,
    currentImage,
    instanceManagerName,
    size: currentSize,
    actualSize: String(actual),
    endpoint,
    lastRestoredBackup: '',
    requestedBackupRestore: '',
    isExpanding,
    lastExpansionError,
    lastExpansionFailedAt,
    unmapMarkSnapChainRemovedEnabled: false,
  };
}

function replicaOf(replica: Replica, engines: readonly Engine[], currentNode: string): Record<string, unknown> {
  const { spec, status } = replica;
  const current = engines.find((engine) => engine.spec.nodeID === currentNode);
  return {
    name: replica.metadata.name,
    hostId: spec.nodeID,
    address: status?.ip ?? '',
    running: status?.currentState === 'running',
    image: spec.image,
    currentImage: status?.currentImage ?? '',
    instanceManagerName: status?.instanceManagerName ?? '',
    diskID: spec.diskID,
    diskPath: spec.diskPath,
    dataPath: `${spec.diskPath.replace(/\/+$/, '')}/replicas/${spec.dataDirectoryName}`,
    mode: current?.status?.replicaModeMap?.[replica.metadata.name] ?? '',
    failedAt: spec.failedAt,
    dataEngine: spec.dataEngine,
  };
}

function rebuildsOf(engines: readonly Engine[], replicas: readonly Replica[]): Record<string, unknown>[] {
  const named = (address: string): string =>
    replicas.find((replica) => `tcp://${replica.status?.storageIP}:${replica.status?.port}` === address)?.metadata.name ?? '';
  return engines.flatMap((engine) =>
    Object.entries(engine.status?.rebuildStatus ?? {}).map(([address, { error, isRebuilding, progress, state, fromReplicaAddress }]) => {
      return { error, isRebuilding, progress, replica: named(address), state, fromReplica: named(fromReplicaAddress) };
    }),
  );
}

function attachmentOf(objects: Pick<VolumeObjects, 'attachment'>): { attachments: Record<string, unknown> } {
  const statuses = objects.attachment?.status?.attachmentTicketStatuses ?? {};
  const attachments = Object.entries(objects.attachment?.spec.attachmentTickets ?? {}).map(([id, ticket]) => {
    const status = statuses[id];
    const satisfied = status?.satisfied === true && (status.generation ?? 0) === (ticket.generation ?? 0);
    return [
      id,
      {
        attachmentID: ticket.id,
        attachmentType: ticket.type,
        nodeID: ticket.nodeID,
        parameters: ticket.parameters,
        satisfied,
        conditions: status?.conditions ?? null,
      },
    ];
  });
  return { attachments: Object.fromEntries(attachments) as Record<string, unknown> };
}

/** What a volume's links offer in each state; of these this stand-in carries out attach, detach, expand, salvage, updateAccessMode, updateReplicaCount and replicaRemove. */
function volumeActions(volume: Volume): readonly string[] {
  if (volume.status?.robustness === 'faulted') return ['attach', 'detach', 'salvage'];
  switch (volume.status?.state) {
    case 'detached':
      return ['attach', 'detach', 'expand', 'replicaRemove', 'updateAccessMode'];
    case 'attached':
      return ['attach', 'detach', 'expand', 'replicaRemove', 'updateReplicaCount'];
    default:
      return ['attach', 'detach'];
  }
}

function plural(type: string): string {
  return `${type.toLowerCase()}s`;
}
