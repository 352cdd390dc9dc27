import type { KubernetesObject } from '@kubernetes/client-node';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';

/** Guide: OPT-3. */
const namespace = 'velero';
const apiVersion = 'velero.io/v1';

type Kind = 'Schedule' | 'BackupStorageLocation' | 'Backup' | 'Restore' | 'DeleteBackupRequest';

/** The fields that suites read of Velero's objects (velero v1.14, pkg/apis/velero/v1). */
export interface VeleroObject extends KubernetesObject {
  readonly spec?: {
    readonly schedule?: string;
    readonly template?: Readonly<Record<string, unknown>> & { readonly ttl?: string; readonly includedNamespaces?: readonly string[] };
    readonly objectStorage?: { readonly bucket?: string };
  };
  readonly status?: {
    readonly phase?: string;
    readonly expiration?: string;
    readonly warnings?: number;
    readonly errors?: number;
    readonly progress?: { readonly itemsBackedUp?: number; readonly itemsRestored?: number };
  };
}

/** Phases after which nothing more comes. */
const ended = ['Completed', 'PartiallyFailed', 'Failed', 'FailedValidation'];

/** Undefined when there is no such object. */
export async function veleroObject({ cluster, signal }: CheckContext, kind: Kind, name: string): Promise<VeleroObject | undefined> {
  return cluster.kubernetes.raw.read({ apiVersion, kind, metadata: { name, namespace } }, signal);
}

/** The guide's schedule; throws when there is none. */
export async function documentedSchedule(context: CheckContext): Promise<VeleroObject> {
  const schedule = await veleroObject(context, 'Schedule', 'daily-backup');
  if (schedule === undefined) throw new Error('Velero has no schedule daily-backup');
  return schedule;
}

/** Makes one of Velero's objects. */
export async function makeVelero(context: CheckContext, kind: Kind, spec: object): Promise<string> {
  const name = `conform-${nonce()}`;
  await context.changes.create({ apiVersion, kind, metadata: { name, namespace }, spec } as KubernetesObject);
  return name;
}

/** Makes a backup of a namespace, as the guide's schedule makes one of all; the end of it. */
export async function backUp(context: CheckContext, of: string, timeoutMs: number): Promise<{ name: string; backup: VeleroObject }> {
  const { spec } = await documentedSchedule(context);
  const name = await makeVelero(context, 'Backup', { ...spec?.template, includedNamespaces: [of] });
  return { name, backup: await endOf(context, 'Backup', name, timeoutMs) };
}

/** Restores a backup; the end of it. */
export async function restore(context: CheckContext, backupName: string, timeoutMs: number): Promise<VeleroObject> {
  return endOf(context, 'Restore', await makeVelero(context, 'Restore', { backupName }), timeoutMs);
}

async function endOf(context: CheckContext, kind: 'Backup' | 'Restore', name: string, timeoutMs: number): Promise<VeleroObject> {
  return until(`${kind} ${name} to end`, { timeoutMs, everyMs: 2000, signal: context.signal }, async () => {
    const found = await veleroObject(context, kind, name);
    const phase = found?.status?.phase ?? 'no phase';
    return found !== undefined && ended.includes(phase) ? { done: found } : { notYet: phase };
  });
}

/** Has Velero delete a backup with its data: an object that is deleted alone comes back from the bucket. */
export async function deleteBackup(context: CheckContext, backupName: string): Promise<void> {
  await makeVelero(context, 'DeleteBackupRequest', { backupName });
  await until(`backup ${backupName} to go`, { timeoutMs: patience('volumeSettled'), everyMs: 1000, signal: context.signal }, async () =>
    (await veleroObject(context, 'Backup', backupName)) === undefined ? { done: undefined } : { notYet: 'it is there' },
  );
}

/** Go's way to write a duration, in milliseconds: `720h0m0s`. Throws for a text that is none. */
export function durationMs(text: string): number {
  const [, hours, minutes, seconds] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text) ?? [];
  if ([hours, minutes, seconds].every((part) => part === undefined)) throw new Error(`${text} is no duration`);
  return (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
}
