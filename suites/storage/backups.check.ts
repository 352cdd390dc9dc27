import type { KubernetesObject } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { type VeleroObject, backUp, deleteBackup, documentedSchedule, durationMs, makeVelero, restore, veleroObject } from './backups.ts';
import { check } from './check.ts';
import { readPattern, writePattern } from './pattern.ts';
import { requirements } from './requirements.ts';
import { arrived, mountedOn, newClaim, podReady, scratchNamespace, volumeName } from './scratch-volumes.ts';

/** Guide: OPT-3. */
const documented = { schedule: '0 2 * * *', bucket: 'velero-backups', location: 'default' };
const { backupKeptMs, restoredMs } = promised.storage;
/** The clocks of the API server and of Velero, and the time between two of its steps. */
const clockMs = 60_000;

check(
  requirements['STOR-OPT3-SCHEDULE'],
  async (context) => {
    const { observe, control, hint } = context;
    hint(async () => 'kubectl -n velero get schedules,backupstoragelocations -o yaml; kubectl -n velero logs deployment/velero');
    for (const measured of scheduled(await documentedSchedule(context))) observe(measured);
    const location = await veleroObject(context, 'BackupStorageLocation', documented.location);
    const phase = location?.status?.phase ?? 'none';
    observe(equal('bucket', { expected: documented.bucket, saw: location?.spec?.objectStorage?.bucket ?? 'none' }));
    observe(equal('phase of the storage location', { expected: 'Available', saw: phase }));
    const other = await otherLocation(context, location);
    control(equal('phase of a location with a bucket that does not exist', { expected: 'Unavailable', saw: other }));
    if (phase !== 'Available') return;
    const { name, backup } = await backUp(context, await scratchNamespace(context), restoredMs);
    try {
      for (const measured of made(backup)) observe(measured);
    } finally {
      await deleteBackup(context, name);
    }
  },
  { deadlineMs: 1_200_000 },
);

/** What the schedule asks for. */
function scheduled({ spec }: VeleroObject): Measured[] {
  const { ttl = 'none', includedNamespaces = [] } = spec?.template ?? {};
  return [
    equal('time of the schedule', { expected: documented.schedule, saw: spec?.schedule ?? 'none' }),
    equal('namespaces of its backups', { expected: ['*'], saw: includedNamespaces }),
    {
      subject: 'time that its backups are kept',
      vantage: atApi,
      expected: '720 h',
      saw: ttl,
      held: ttl !== 'none' && durationMs(ttl) === backupKeptMs,
    },
  ];
}

/** What a backup by the schedule's template has come to. */
function made({ metadata, status }: VeleroObject): Measured[] {
  const items = status?.progress?.itemsBackedUp ?? 0;
  const lastsMs = Date.parse(status?.expiration ?? '') - Date.parse(String(metadata?.creationTimestamp ?? ''));
  return [
    equal('phase of a backup by its template', { expected: 'Completed', saw: status?.phase ?? 'none' }),
    { subject: 'objects in it', vantage: atApi, expected: 'some', saw: String(items), held: items > 0 },
    {
      subject: 'time until it expires',
      vantage: atApi,
      expected: '720 h',
      saw: `${(lastsMs / 3_600_000).toFixed(2)} h`,
      held: Math.abs(lastsMs - backupKeptMs) <= clockMs,
    },
  ];
}

/** The phase that Velero gives to the same location with a bucket that does not exist. */
async function otherLocation(context: CheckContext, location: VeleroObject | undefined): Promise<string> {
  const spec = { ...location?.spec, default: false, objectStorage: { bucket: `conform-none-${nonce()}` }, validationFrequency: '5s' };
  const name = await makeVelero(context, 'BackupStorageLocation', spec);
  return until(
    'Velero to look at the location',
    { timeoutMs: patience('volumeSettled'), everyMs: 1000, signal: context.signal },
    async () => {
      const phase = (await veleroObject(context, 'BackupStorageLocation', name))?.status?.phase;
      return phase === undefined || phase === '' ? { notYet: 'no phase' } : { done: phase };
    },
  );
}

check(
  requirements['STOR-OPT3-RESTORE-DATA'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint } = context;
    hint(
      async () => 'kubectl -n velero get backups,podvolumebackups,restores,podvolumerestores -o yaml: was the data in the backup (E48)?',
    );
    if (arrived(context, 'a volume of the class', heldVolume) === undefined) return;
    const [node = ''] = workerNames(cluster);
    const place = await newClaim(context);
    const pod = arrived(context, 'a volume to save', await mountedOn(context, place, node));
    if (pod === undefined) return;
    const digest = await writePattern(context, pod, { file: 'pattern', mebibytes: 16 });
    const volume = await volumeName(context, place);
    const { name, backup } = await backUp(context, place.namespace, restoredMs);
    try {
      observe(equal('phase of the backup', { expected: 'Completed', saw: backup.status?.phase ?? 'none' }));
      await removeNamespace(context, place.namespace);
      control(equal('the volume before the restore', { expected: 'gone', saw: await afterwards(context, volume) }));
      const startedAt = Date.now();
      const restored = await restore(context, name, restoredMs);
      observe(equal('phase of the restore', { expected: 'Completed', saw: restored.status?.phase ?? 'none' }));
      const back = arrived(
        context,
        'the restored pod',
        await inTime(async () => {
          await podReady(context, pod);
          return pod;
        }),
      );
      if (back === undefined) return;
      observe(
        equal('checksum of the restored data', {
          expected: digest,
          saw: await readPattern(context, back, 'pattern'),
          vantage: 'restored pod',
        }),
      );
      const tookMs = Date.now() - startedAt;
      observe({
        subject: 'time of the restore',
        vantage: atApi,
        expected: `within ${restoredMs / 1000} s`,
        saw: `${Math.round(tookMs / 1000)} s`,
        held: tookMs <= restoredMs,
      });
    } finally {
      await deleteBackup(context, name);
    }
  },
  { uses: ['longhorn'], deadlineMs: 2_400_000 },
);

async function removeNamespace({ cluster, signal }: CheckContext, name: string): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await cluster.kubernetes.raw.delete(ref, {}, signal);
  await until(`namespace ${name} to go`, { timeoutMs: 2 * patience('volumeSettled'), everyMs: 1000, signal }, async () =>
    (await cluster.kubernetes.raw.read(ref, signal)) === undefined ? { done: undefined } : { notYet: 'it is there' },
  );
}

async function afterwards({ cluster, signal }: CheckContext, volume: string): Promise<string> {
  return until('the volume to go', { timeoutMs: promised.storage.deletedMs, everyMs: 1000, signal }, async () =>
    (await longhorn(cluster.kubernetes, signal).volume(volume)) === undefined ? { done: 'gone' } : { notYet: 'there' },
  );
}

/** What is compared of each: what its owner writes, and not what the cluster adds. */
const saved = [
  { apiVersion: 'v1', kind: 'ConfigMap', of: ['data'] },
  { apiVersion: 'v1', kind: 'Secret', of: ['data'] },
  { apiVersion: 'v1', kind: 'Service', of: ['spec.selector', 'spec.ports'] },
  { apiVersion: 'v1', kind: 'ResourceQuota', of: ['spec'] },
  { apiVersion: 'apps/v1', kind: 'Deployment', of: ['spec'] },
] as const;

check(
  requirements['STOR-OPT3-RESTORE-OBJECTS'],
  async (context) => {
    const { changes, observe, control, hint } = context;
    hint(async () => 'kubectl -n velero get restores -o yaml; velero restore describe: warnings and errors');
    const [namespace, empty] = [await scratchNamespace(context), await scratchNamespace(context)];
    await changes.createFrom(`${import.meta.dirname}/saved-objects.yaml`, { NAMESPACE: namespace, NONCE: nonce() });
    const before = await savedIn(context, namespace);
    const [{ name, backup }, nothing] = [await backUp(context, namespace, restoredMs), await backUp(context, empty, restoredMs)];
    try {
      observe(equal('phase of the backup', { expected: 'Completed', saw: backup.status?.phase ?? 'none' }));
      await removeNamespace(context, namespace);
      await restore(context, nothing.name, restoredMs);
      const none = (await savedIn(context, namespace)).filter(({ text }) => text !== 'none').map(({ kind }) => kind);
      control(noneOf('objects that the restore of an empty backup brings', { saw: none }));
      const { status } = await restore(context, name, restoredMs);
      observe(equal('phase of the restore', { expected: 'Completed', saw: status?.phase ?? 'none' }));
      observe(equal('its warnings and errors', { expected: '0 and 0', saw: `${status?.warnings ?? 0} and ${status?.errors ?? 0}` }));
      const after = await savedIn(context, namespace);
      for (const [index, { kind, text }] of before.entries()) {
        const saw = after[index]?.text ?? 'none';
        observe(equal(`${kind} after the restore`, { expected: 'as before', saw: saw === text ? 'as before' : saw.slice(0, 300) }));
      }
    } finally {
      await deleteBackup(context, name);
      await deleteBackup(context, nothing.name);
    }
  },
  { deadlineMs: 2_400_000 },
);

async function savedIn({ cluster, signal }: CheckContext, namespace: string): Promise<{ kind: string; text: string }[]> {
  return Promise.all(
    saved.map(async ({ apiVersion, kind, of }) => {
      const object = await cluster.kubernetes.raw.read({ apiVersion, kind, metadata: { name: 'saved', namespace } }, signal);
      return { kind, text: object === undefined ? 'none' : JSON.stringify(of.map((path) => at(object, path))) };
    }),
  );
}

/** The value at a path of an object, for example `spec.ports`. */
function at(object: KubernetesObject, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Readonly<Record<string, unknown>> | undefined)?.[key], object);
}
