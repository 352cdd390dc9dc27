import { errorText } from '../error-text.ts';
import { until } from '../waiting.ts';
import type { ChangedCluster } from './changed-cluster.ts';
import { runCommand } from './command.ts';
import type { Journal, Undo } from './journal.ts';
import { type ApiObject, type ObjectRef, type Objects, isRefusal, placeText } from './objects.ts';
import { undoPlan } from './undo-plan.ts';

/** The label by which everything that a run made is found. */
export const runLabel = 'conform-run';

/** How long an undo waits before it is given up. */
export interface UndoPatience {
  /** For an answer of the API, and for an object to be gone. */
  readonly stepMs: number;
  /** A namespace takes its objects with it, which takes the time that their pods take to end. */
  readonly namespaceMs: number;
  /** A machine boots, its pods start and its volumes are rebuilt within this time. */
  readonly recoveryMs: number;
  readonly everyMs: number;
}

export const undoPatience: UndoPatience = { stepMs: 30_000, namespaceMs: 90_000, recoveryMs: 180_000, everyMs: 300 };

/** A change that could not be taken back, and why. */
export interface Left {
  readonly undo: Undo;
  readonly text: string;
}

/** A change by its number in the journal. */
export interface NotedChange {
  readonly id: number;
  readonly undo: Undo;
}

/** Takes changes back, oldest first in the list, and notes in their journal those that are; returns both parts. */
export async function takeBack<Change extends NotedChange>(
  cluster: ChangedCluster,
  journal: Pick<Journal, 'undone'>,
  changes: readonly Change[],
  patience = undoPatience,
): Promise<{ readonly undone: readonly Change[]; readonly left: readonly Left[] }> {
  const left = await undoChanges(
    cluster,
    changes.map(({ undo }) => undo),
    patience,
  );
  const done = changes.filter(({ undo }) => left.every((each) => each.undo !== undo));
  for (const { id } of done) journal.undone(id);
  return { undone: done, left };
}

/** Takes changes back, oldest first in the list; returns those that could not be. Never throws. */
export async function undoChanges(cluster: ChangedCluster, undos: readonly Undo[], patience = undoPatience): Promise<Left[]> {
  const { restores, deletions, along } = undoPlan(undos);
  const left: Left[] = [];
  for (const undo of restores) left.push(...(await tried(cluster, undo, patience)));
  left.push(...(await allTried(cluster, deletions, patience)));
  // A namespace stays where somebody else had made one by that name, and where it is stuck.
  const stayed = await Promise.all(
    [...along].map(async ([namespace, within]) =>
      (await isThere(cluster.objects, namespace, patience)) ? allTried(cluster, within, patience) : [],
    ),
  );
  return [...left, ...stayed.flat()];
}

async function allTried(cluster: ChangedCluster, undos: readonly Undo[], patience: UndoPatience): Promise<Left[]> {
  return (await Promise.all(undos.map((undo) => tried(cluster, undo, patience)))).flat();
}

/** When the API does not say, it may be. */
async function isThere({ read }: Objects, namespace: string, { stepMs }: UndoPatience): Promise<boolean> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  return (await read(ref, AbortSignal.timeout(stepMs)).catch(() => 'unknown')) !== undefined;
}

async function tried(cluster: ChangedCluster, undo: Undo, patience: UndoPatience): Promise<Left[]> {
  try {
    await undone(cluster, undo, patience);
    return [];
  } catch (error) {
    return [{ undo, text: `${undoText(undo)}: ${errorText(error)}` }];
  }
}

/** An undo that finds its work done is done. It is made whether or not the run has been stopped. */
async function undone(cluster: ChangedCluster, undo: Undo, patience: UndoPatience): Promise<void> {
  const soon = AbortSignal.timeout(patience.stepMs);
  switch (undo.kind) {
    case 'delete':
      return deleteOwn(cluster.objects, refFrom(undo), { run: undo.run, patience });
    case 'patch':
      await cluster.objects.patch(refFrom(undo), undo.patch, soon).catch(unless(404));
      return;
    case 'create':
      await cluster.objects.create(undo.object as ApiObject, soon).catch(unless(409));
      return;
    case 'command':
      await runCommand(undo.argv);
      return;
    case 'power':
      return cluster.recovered(undo, {
        powerOn: async () => void (await runCommand(undo.argv)),
        signal: AbortSignal.timeout(patience.recoveryMs),
      });
    case 'daemon-set':
      return daemonSetReady(cluster, undo, patience);
  }
}

async function daemonSetReady(
  cluster: ChangedCluster,
  { namespace, name, ready: expected }: Extract<Undo, { kind: 'daemon-set' }>,
  { recoveryMs, stepMs, everyMs }: UndoPatience,
): Promise<void> {
  const signal = AbortSignal.timeout(recoveryMs + stepMs);
  await until(`${expected} Ready pods of DaemonSet ${namespace}/${name}`, { timeoutMs: recoveryMs, everyMs, signal }, async () => {
    const ready = await cluster.readyPods({ namespace, name });
    return ready >= expected ? { done: undefined } : { notYet: `${ready}` };
  });
}

/** What somebody else has made by the same name stays. */
async function deleteOwn(
  objects: Objects,
  ref: ObjectRef,
  { run, patience }: { run: string | undefined; patience: UndoPatience },
): Promise<void> {
  const there = await objects.read(ref, AbortSignal.timeout(patience.stepMs));
  if (there === undefined || (run !== undefined && there.metadata?.labels?.[runLabel] !== run)) return;
  await deleteAndAwait(objects, ref, patience);
}

/** Waits until the object is gone: its name is free then, and its effects are over. Throws a WaitTimeout that names its finalizers. */
export async function deleteAndAwait(objects: Objects, ref: ObjectRef, patience = undoPatience): Promise<void> {
  const options = { propagationPolicy: 'Background', ...(ref.kind === 'Pod' ? { gracePeriodSeconds: 0 } : {}) };
  await objects.delete(ref, options, AbortSignal.timeout(patience.stepMs));
  const timeoutMs = ref.kind === 'Namespace' ? patience.namespaceMs : patience.stepMs;
  const signal = AbortSignal.timeout(timeoutMs + patience.stepMs);
  await until('to be gone', { timeoutMs, everyMs: patience.everyMs, signal }, async () => {
    const still = await objects.read(ref, signal);
    return still === undefined ? { done: undefined } : { notYet: stuckText(still) };
  });
}

function stuckText(object: ApiObject): string {
  const { metadata, status } = object as ApiObject & {
    status?: { conditions?: { type: string; status: string; message?: string }[] };
  };
  const conditions = (status?.conditions ?? [])
    .filter((each) => each.status === 'True')
    .map(({ type, message }) => `${type}: ${message ?? ''}`);
  return `it is stuck; finalizers ${metadata?.finalizers?.join(', ') || 'none'}${conditions.length === 0 ? '' : `; ${conditions.join('; ')}`}`;
}

function unless(code: number): (error: unknown) => undefined {
  return (error) => {
    if (!isRefusal(error, code)) throw error;
  };
}

/** A change in words. */
export function undoText(undo: Undo): string {
  switch (undo.kind) {
    case 'delete':
      return `delete ${undo.objectKind} ${placeText(undo)}`;
    case 'patch':
      return `put ${Object.keys(undo.patch).join(', ')} of ${undo.objectKind} ${placeText(undo)} back`;
    case 'create': {
      const { kind, metadata } = undo.object as ApiObject;
      return `make ${kind} ${placeText({ name: metadata?.name ?? '', namespace: metadata?.namespace })} again`;
    }
    case 'command':
      return undo.what;
    case 'power':
      return `power on ${undo.node}`;
    case 'daemon-set':
      return `wait for DaemonSet ${placeText(undo)}`;
  }
}

function refFrom({ apiVersion, objectKind, name, namespace }: Extract<Undo, { kind: 'delete' | 'patch' }>): ObjectRef {
  return { apiVersion, kind: objectKind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}
