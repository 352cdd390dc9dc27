import { parse } from 'yaml';
import { isDeepStrictEqual } from 'node:util';
import { apiVersion, type Cluster } from '../cluster.ts';
import { isTrue, withCondition } from '../conditions.ts';
import { engineImageName } from '../names.ts';
import type { EngineImage, Setting } from '../objects.ts';
import { settingDefinitions } from '../setting-definitions.ts';
import { settingProblem, storedValue } from '../setting-values.ts';
import { createObject, updateObject } from '../store.ts';

/** ConfigMap of the chart with the settings that its values ask for. */
const customSettings = 'longhorn-default-setting';
const versionAnnotation = 'longhorn.io/configmap-resource-version';
const updateAnnotation = 'longhorn.io/update-setting-from-longhorn';

/** Keeps what an installation of Longhorn has: its settings, its default engine image, its default backup target. */
export async function keepInstallation(cluster: Cluster): Promise<void> {
  await keepSettings(cluster);
  await keepEngineImage(cluster);
  await keepBackupTarget(cluster);
}

async function keepSettings(cluster: Cluster): Promise<void> {
  const configMap = cluster.configMaps.get(customSettings);
  const version = configMap?.metadata.resourceVersion ?? '';
  const custom = customValues(configMap?.data?.['default-setting.yaml'] ?? '');
  for (const { name, default: byDefault } of settingDefinitions()) {
    const known = cluster.settings.get(name);
    const asked = custom.get(name);
    const value = known === undefined ? (asked ?? releaseValue(cluster, name) ?? byDefault) : changedValue(cluster, known, asked, version);
    await keepSetting(cluster, name, known, { value: storedValue(name, value), version });
  }
}

/** A customised value wins over what is set when the ConfigMap is a newer one than the setting has seen. */
function changedValue(cluster: Cluster, known: Setting, asked: string | undefined, version: string): string {
  const own = releaseValue(cluster, known.metadata.name);
  if (own !== undefined) return own;
  const seen = known.metadata.annotations?.[versionAnnotation] === version;
  return seen || asked === undefined ? known.value : asked;
}

async function keepSetting(
  cluster: Cluster,
  name: string,
  known: Setting | undefined,
  wanted: { value: string; version: string },
): Promise<void> {
  const annotations = { ...known?.metadata.annotations, [versionAnnotation]: wanted.version, [updateAnnotation]: '' };
  if (known === undefined) {
    await createObject(cluster, cluster.settings, {
      apiVersion,
      kind: 'Setting',
      metadata: { name, annotations },
      value: wanted.value,
      status: { applied: true },
    });
    return;
  }
  const current = known.metadata.annotations?.[versionAnnotation] === wanted.version && known.value === wanted.value;
  const after: Setting = {
    ...known,
    value: wanted.value,
    status: { applied: true },
    metadata: current ? known.metadata : { ...known.metadata, annotations },
  };
  if (!isDeepStrictEqual(known, after)) await updateObject(cluster, cluster.settings, known, after);
}

/** Values that come from the release itself. */
function releaseValue(cluster: Cluster, name: string): string | undefined {
  const { images } = cluster.place;
  const values: Readonly<Record<string, string>> = {
    'default-engine-image': images.engine,
    'default-instance-manager-image': images.instanceManager,
    'default-backing-image-manager-image': images.backingImageManager,
    'support-bundle-manager-image': images.supportBundle,
    'crd-api-version': apiVersion,
    'current-longhorn-version': images.engine.split(':').at(-1) ?? '',
  };
  return values[name];
}

/** Settings of the ConfigMap; those that Longhorn does not know or accept are left out, as there, with a line in the log. */
function customValues(text: string): ReadonlyMap<string, string> {
  const entries = Object.entries((parse(text) ?? {}) as Record<string, unknown>).map(([name, value]) => [name, textOf(value)] as const);
  return new Map(
    entries.filter(([name, value]) => {
      const problem = value === '' ? undefined : settingProblem(name, value);
      if (problem !== undefined)
        process.stderr.write(`longhorn-manager: invalid value ${value} for the default setting ${name}: ${problem}\n`);
      return problem === undefined && value !== '';
    }),
  );
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : `${value as string | number | boolean}`;
}

async function keepEngineImage(cluster: Cluster): Promise<void> {
  const image = cluster.place.images.engine;
  const name = engineImageName(image);
  const known = cluster.engineImages.get(name);
  const nodes = cluster.nodes.all().map((node) => [node.metadata.name, isTrue(node.status?.conditions, 'Ready')] as const);
  const refCount = cluster.volumes.all().filter((volume) => volume.spec.image === image).length;
  const status: EngineImage['status'] = {
    ownerID: cluster.place.nodeName,
    state: 'deployed',
    refCount,
    noRefSince: '',
    incompatible: false,
    conditions: withCondition(
      known?.status?.conditions,
      { type: 'ready', status: 'True', message: `Engine image ${name} (${image}) is fully deployed on all ready nodes` },
      new Date(),
    ),
    nodeDeploymentMap: Object.fromEntries(nodes),
    version: image.split(':').at(-1) ?? '',
    gitCommit: '',
    buildDate: '',
    cliAPIVersion: 11,
    cliAPIMinVersion: 3,
    controllerAPIVersion: 7,
    controllerAPIMinVersion: 3,
    dataFormatVersion: 1,
    dataFormatMinVersion: 1,
  };
  if (known === undefined) {
    await createObject(cluster, cluster.engineImages, {
      apiVersion,
      kind: 'EngineImage',
      metadata: { name, finalizers: [] },
      spec: { image },
      status,
    });
    return;
  }
  if (!isDeepStrictEqual(known.status, status)) await updateObject(cluster, cluster.engineImages, known, { ...known, status });
}

async function keepBackupTarget(cluster: Cluster): Promise<void> {
  if (cluster.backupTargets.get('default') !== undefined) return;
  const target = {
    apiVersion,
    kind: 'BackupTarget',
    metadata: { name: 'default' },
    spec: { backupTargetURL: '', credentialSecret: '', pollInterval: '300s' },
  };
  await createObject(cluster, cluster.backupTargets, target);
}
