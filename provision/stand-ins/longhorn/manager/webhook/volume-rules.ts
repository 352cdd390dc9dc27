import type { Replica, Volume, VolumeSpec } from '../objects.ts';
import { roundUpSize } from '../quantity.ts';
import { unreadiness } from '../readiness.ts';
import type { SettingReader } from '../setting-values.ts';
import { finalizer } from '../volume/new-objects.ts';
import { Refusal } from './refusal.ts';

/** What the rules for volumes read besides the volume. */
export interface VolumeContext {
  readonly settings: SettingReader;
  readonly replicas: readonly Replica[];
  readonly backupTargets: readonly string[];
}

const localities = ['disabled', 'best-effort', 'strict-local'];
const balances = ['ignored', 'disabled', 'least-effort', 'best-effort'];
const switches = ['ignored', 'enabled', 'disabled'];
const blockSizes = [2 * 2 ** 20, 16 * 2 ** 20];
const longestName = 40;

/** What a volume has where nothing was asked for, whatever the settings. */
const fixedDefaults: Partial<VolumeSpec> = {
  accessMode: 'rwo',
  replicaAutoBalance: 'ignored',
  diskSelector: [],
  nodeSelector: [],
  snapshotDataIntegrity: 'ignored',
  restoreVolumeRecurringJob: 'ignored',
  unmapMarkSnapChainRemoved: 'ignored',
  replicaSoftAntiAffinity: 'ignored',
  replicaZoneSoftAntiAffinity: 'ignored',
  replicaDiskSoftAntiAffinity: 'ignored',
  dataEngine: 'v1',
  freezeFilesystemForSnapshot: 'ignored',
  offlineRebuilding: 'ignored',
};

/** The zero values of Go, which stand for a field that is not set. */
function isOpen(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === 0 || value === '0';
}

/** The volume as it is stored: what is left open is filled from the settings. */
export function completeVolume(volume: Volume, isNew: boolean, context: VolumeContext): Volume {
  const { settings } = context;
  const given = volume.spec ?? ({} as VolumeSpec);
  const blockMebibytes = settings.number('default-backup-block-size');
  const defaults: Partial<VolumeSpec> = {
    ...fixedDefaults,
    backupBlockSize: String(blockMebibytes * 2 ** 20),
    snapshotMaxCount: settings.number('snapshot-max-count'),
    backupCompressionMethod: isNew ? settings.text('backup-compression-method') : 'gzip',
    ...(isNew && {
      numberOfReplicas: settings.number('default-replica-count'),
      dataLocality: settings.text('default-data-locality'),
      backupTargetName: 'default',
    }),
  };
  const open = Object.entries(defaults).filter(([field]) => isOpen(given[field as keyof VolumeSpec]));
  const spec: VolumeSpec = {
    ...given,
    ...Object.fromEntries(open),
    size: String(roundUpSize(Number(given.size ?? 0))),
    ...(isNew && { image: settings.text('default-engine-image') }),
  };
  const labels = { ...volume.metadata.labels, ...(isNew && { 'backup-target': spec.backupTargetName }) };
  const finalizers =
    volume.metadata.deletionTimestamp === undefined
      ? [...new Set([...(volume.metadata.finalizers ?? []), finalizer])]
      : volume.metadata.finalizers;
  return { ...volume, spec, metadata: { ...volume.metadata, labels, ...(finalizers && { finalizers }) } };
}

/** Throws a Refusal for a volume that Longhorn does not admit (webhook/resources/volume/validator.go). */
export function admitNewVolume(volume: Volume, context: VolumeContext): void {
  const { name } = volume.metadata;
  if (!/^[a-z0-9][a-z0-9_.-]+$/.test(name)) throw new Refusal(`invalid name ${name}`);
  const { spec } = volume;
  checkCommon(volume);
  if (spec.dataLocality === 'strict-local' && spec.numberOfReplicas !== 1) {
    throw new Refusal('replica count should be 1 in data locality strict-local mode', 'spec.dataLocality and spec.numberOfReplicas');
  }
  if (spec.backingImage) throw new Refusal(`backingimage.longhorn.io "${spec.backingImage}" not found`);
  if (spec.image === '') throw new Refusal('BUG: Invalid empty Setting.EngineImage');
  if (!spec.Standby && spec.frontend !== 'blockdev' && spec.frontend !== 'iscsi') {
    throw new Refusal(`invalid volume frontend specified: ${spec.frontend} for data engine ${spec.dataEngine} `);
  }
  if (spec.migratable && spec.accessMode !== 'rwx')
    throw new Refusal('migratable volumes are only supported in ReadWriteMany (rwx) access mode');
  if (spec.dataEngine !== 'v1') throw new Refusal(`data engine ${spec.dataEngine} is not enabled`);
  if (!context.backupTargets.includes(spec.backupTargetName)) {
    throw new Refusal(
      `failed to get backup target ${spec.backupTargetName}: backuptarget.longhorn.io "${spec.backupTargetName}" not found`,
      'spec.backupTargetName',
    );
  }
}

export function admitVolumeChange(before: Volume, after: Volume, context: VolumeContext): void {
  if (after.metadata.deletionTimestamp !== undefined) return;
  checkSizeChange(before, after, context);
  checkCommon(after);
  const { spec } = after;
  const locality = [before.spec.dataLocality, spec.dataLocality];
  if (before.status?.state !== 'detached' && locality[0] !== locality[1] && locality.includes('strict-local')) {
    throw new Refusal(
      'data locality cannot be converted between strict-local and other modes when volume is not detached',
      'spec.dataLocality',
    );
  }
  if ((before.spec.dataSource ?? '') !== (spec.dataSource ?? '')) {
    throw new Refusal(
      `.spec.dataSource is immutable (old=${before.spec.dataSource ?? ''}, new=${spec.dataSource ?? ''})`,
      '.spec.dataSource',
    );
  }
  const fixed: readonly [keyof VolumeSpec, string][] = [
    ['backupCompressionMethod', 'backup compression method'],
    ['backupBlockSize', 'backup block size'],
    ['dataEngine', 'data engine'],
  ];
  for (const [field, words] of fixed) {
    if (before.spec[field] && before.spec[field] !== spec[field])
      throw new Refusal(`changing ${words} for volume ${before.metadata.name} is not supported`, `spec.${field}`);
  }
}

function checkSizeChange(before: Volume, after: Volume, context: VolumeContext): void {
  const [old, size] = [Number(before.spec.size), Number(after.spec.size)];
  if (size === old) return;
  if (size < old) throw new Refusal(`shrinking volume ${after.metadata.name} size from ${old} to ${size} is not supported`, 'spec.size');
  const unready = unreadiness(before, context.replicas);
  if (unready !== undefined) throw new Refusal(`volume ${before.metadata.name} is not ready: ${unready}`, 'spec.size');
}

function checkCommon(volume: Volume): void {
  const { spec, metadata } = volume;
  const oneOf = (value: string, allowed: readonly string[], message: string, field: string): void => {
    if (!allowed.includes(value)) throw new Refusal(`${message}: ${value}`, `spec.${field}`);
  };
  oneOf(spec.dataLocality, localities, 'invalid data locality mode', 'dataLocality');
  oneOf(spec.accessMode, ['rwo', 'rwx'], 'invalid access mode', 'accessMode');
  checkReplicaCount(spec);
  if (spec.accessMode === 'rwx' && !spec.migratable && spec.dataLocality === 'strict-local') {
    throw new Refusal(
      'access mode rwx (migratable: false) is incompatible with data locality strict-local mode',
      'spec.dataLocality and spec.migratable and spec.accessMode',
    );
  }
  oneOf(spec.replicaAutoBalance, balances, 'invalid replica auto-balance option', 'replicaAutoBalance');
  oneOf(spec.replicaSoftAntiAffinity, switches, 'invalid ReplicaSoftAntiAffinity setting', 'replicaSoftAntiAffinity');
  oneOf(spec.replicaZoneSoftAntiAffinity, switches, 'invalid ReplicaZoneSoftAntiAffinity setting', 'replicaZoneSoftAntiAffinity');
  oneOf(spec.replicaDiskSoftAntiAffinity, switches, 'invalid ReplicaDiskSoftAntiAffinity setting', 'replicaDiskSoftAntiAffinity');
  checkSizes(volume);
  if (metadata.name.length > longestName)
    throw new Refusal(`volume name is too long ${metadata.name}, must be less than ${longestName} characters`);
}

function checkReplicaCount(spec: VolumeSpec): void {
  const count = spec.numberOfReplicas;
  if (!(count >= 1 && count <= 20)) throw new Refusal(`replica count value ${count} must between 1 to 20`, 'spec.numberOfReplicas');
  if (spec.dataLocality === 'strict-local' && count !== 1)
    throw new Refusal('number of replica count should be 1 when data locality is strict-local', 'spec.numberOfReplicas');
}

function checkSizes(volume: Volume): void {
  const { spec } = volume;
  const [size, block] = [Number(spec.size), Number(spec.backupBlockSize)];
  if (!blockSizes.includes(block)) throw new Refusal(`unsupported BackupBlockSize: ${block}`, 'spec.backupBlockSize');
  if (size % block !== 0)
    throw new Refusal(`volume size ${size} must be an integer multiple of the backup block size ${block}`, 'spec.backupBlockSize');
  if (spec.snapshotMaxCount < 2 || spec.snapshotMaxCount > 250)
    throw new Refusal('snapshot max count should be between 2 to 250', 'spec.snapshotMaxCount');
  const snapshots = Number(spec.snapshotMaxSize ?? 0);
  if (snapshots !== 0 && snapshots < size * 2)
    throw new Refusal('snapshot max size can not be 0 and at least twice of volume size', 'spec.snapshotMaxSize');
}
