import type { Cluster } from '../cluster.ts';
import type { KubeObject } from '../kubernetes.ts';
import type { EngineImage, InstanceManager, LonghornNode, Replica, Setting, Volume, VolumeAttachment } from '../objects.ts';
import { settingDefinition } from '../setting-definitions.ts';
import { settingProblem, settingReader, storedValue } from '../setting-values.ts';
import { admitNewNode, admitNodeChange, admitNodeDeletion } from './node-rules.ts';
import { Refusal } from './refusal.ts';
import { admitNewVolume, admitVolumeChange, completeVolume, type VolumeContext } from './volume-rules.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** One kind's rules; those that are absent admit. `before` is absent at creation, `after` at deletion. */
export interface Rules {
  readonly plural: string;
  readonly validated: readonly Operation[];
  readonly mutated: readonly Operation[];
  /** The object as it is to be stored. */
  readonly complete?: (cluster: Cluster, after: KubeObject, before: KubeObject | undefined) => KubeObject;
  /** Throws a Refusal. */
  readonly admit: (cluster: Cluster, after: KubeObject | undefined, before: KubeObject | undefined) => void;
}

const volumes: Rules = {
  plural: 'volumes',
  validated: ['CREATE', 'UPDATE'],
  mutated: ['CREATE', 'UPDATE'],
  complete: (cluster, after, before) => completeVolume(after as Volume, before === undefined, volumeContext(cluster, after)),
  admit: (cluster, after, before) => {
    if (after === undefined) return;
    if (before === undefined) admitNewVolume(after as Volume, volumeContext(cluster, after));
    else admitVolumeChange(before as Volume, after as Volume, volumeContext(cluster, after));
  },
};

const settings: Rules = {
  plural: 'settings',
  validated: ['CREATE', 'UPDATE', 'DELETE'],
  mutated: ['CREATE', 'UPDATE'],
  complete: (_cluster, after) => {
    const setting = after as Setting;
    if (settingDefinition(setting.metadata.name) === undefined)
      throw new Refusal(`setting ${setting.metadata.name} does not exist`, 'metadata.name');
    return { ...setting, value: storedValue(setting.metadata.name, setting.value) };
  },
  admit: (_cluster, after, before) => admitSetting(after as Setting | undefined, before as Setting | undefined),
};

const nodes: Rules = {
  plural: 'nodes',
  validated: ['CREATE', 'UPDATE', 'DELETE'],
  mutated: [],
  admit: (cluster, after, before) => {
    if (before === undefined) admitNewNode(after as LonghornNode);
    else if (after !== undefined) admitNodeChange(before as LonghornNode, after as LonghornNode);
    else
      admitNodeDeletion(
        before as LonghornNode,
        countOn(cluster.replicas.all(), before.metadata.name),
        countOn(cluster.engines.all(), before.metadata.name),
      );
  },
};

const replicas: Rules = {
  plural: 'replicas',
  validated: ['UPDATE', 'DELETE'],
  mutated: [],
  admit: (cluster, after, before) => {
    const replica = before as Replica;
    if (after === undefined) admitReplicaDeletion(cluster, replica);
    else if (replica.spec.dataEngine && replica.spec.dataEngine !== (after as Replica).spec.dataEngine) {
      throw new Refusal(`changing data engine for replica ${replica.metadata.name} is not supported`);
    }
  },
};

const engineImages: Rules = {
  plural: 'engineimages',
  validated: ['DELETE'],
  mutated: [],
  admit: (cluster, _after, before) => {
    const { metadata, spec, status } = before as EngineImage;
    const image = settingReader(cluster.settings).text('default-engine-image');
    const byLonghorn = metadata.annotations?.['longhorn.io/delete-engine-image-from-longhorn'] !== undefined;
    if (spec.image === image && !byLonghorn) throw new Refusal(`deleting the default engine image ${image} (${spec.image}) is not allowed`);
    if ((status?.refCount ?? 0) !== 0)
      throw new Refusal(`deleting engine image ${metadata.name} (${spec.image}) is not allowed while being used`);
  },
};

const attachments: Rules = {
  plural: 'volumeattachments',
  validated: ['CREATE', 'UPDATE'],
  mutated: [],
  admit: (_cluster, after, before) => {
    const { metadata, spec } = after as VolumeAttachment;
    if (metadata.deletionTimestamp !== undefined) return;
    if (before !== undefined && (before as VolumeAttachment).spec.volume !== spec.volume)
      throw new Refusal('spec.volume field is immutable', 'spec.volume');
    const wrong = Object.entries(spec.attachmentTickets ?? {}).find(([id, ticket]) => id !== ticket.id);
    if (wrong !== undefined)
      throw new Refusal(`the attachmentTickets map contains inconsistent attachment ticket ID: ${wrong[0]} vs ${wrong[1].id}`);
  },
};

const instanceManagers: Rules = {
  plural: 'instancemanagers',
  validated: ['CREATE', 'UPDATE'],
  mutated: [],
  admit: (_cluster, after) => {
    const { metadata, spec } = after as InstanceManager;
    if (metadata.labels === undefined) throw new Refusal(`labels for instanceManager ${metadata.name} is not set`);
    if (metadata.ownerReferences === undefined) throw new Refusal(`ownerReferences for instanceManager ${metadata.name} is not set`);
    if (!spec.type) throw new Refusal(`type for instanceManager ${metadata.name} is not set`);
    if (!spec.dataEngine) throw new Refusal(`data engine for instanceManager ${metadata.name} is not set`);
  },
};

export const allRules: readonly Rules[] = [volumes, settings, nodes, replicas, engineImages, attachments, instanceManagers];

function volumeContext(cluster: Cluster, volume: KubeObject): VolumeContext {
  return {
    settings: settingReader(cluster.settings),
    replicas: cluster.replicas.all().filter((replica) => replica.spec.volumeName === volume.metadata.name),
    backupTargets: cluster.backupTargets.all().map((target) => target.metadata.name),
  };
}

/** Throws a Refusal for a setting that Longhorn does not admit (webhook/resources/setting/validator.go). */
function admitSetting(after: Setting | undefined, before: Setting | undefined): void {
  const name = (after ?? before)?.metadata.name ?? '';
  const definition = settingDefinition(name);
  if (after === undefined) {
    if (definition !== undefined) throw new Refusal(`setting ${name} can be modified but not deleted`, 'metadata.name');
    return;
  }
  if (before !== undefined && definition === undefined) throw new Refusal(`setting ${name} does not exist`, 'metadata.name');
  const byLonghorn = [before, after].some(
    (setting) => setting?.metadata.annotations?.['longhorn.io/update-setting-from-longhorn'] !== undefined,
  );
  if (before !== undefined && definition?.readOnly === true && !byLonghorn)
    throw new Refusal(`setting ${name} is read-only`, 'metadata.name');
  const problem = settingProblem(name, after.value);
  if (problem !== undefined) throw new Refusal(problem, 'value');
}

function admitReplicaDeletion(cluster: Cluster, replica: Replica): void {
  const volume = cluster.volumes.get(replica.spec.volumeName);
  if (volume === undefined || volume.metadata.deletionTimestamp !== undefined) return;
  const available = cluster.replicas
    .all()
    .filter(
      ({ metadata, spec }) =>
        spec.volumeName === replica.spec.volumeName &&
        metadata.deletionTimestamp === undefined &&
        spec.healthyAt !== '' &&
        !spec.evictionRequested,
    );
  if (available.length !== 1 || available[0]?.metadata.name !== replica.metadata.name) return;
  throw new Refusal(
    `no other healthy replica available for volume ${volume.metadata.name}, cannot delete replica ${replica.metadata.name} since it may still contain data for recovery`,
  );
}

function countOn(instances: readonly { spec: { nodeID: string } }[], node: string): number {
  return instances.filter((instance) => instance.spec.nodeID === node).length;
}
