import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { type Kubernetes, refusalText } from '../../platform/kubernetes/kubernetes.ts';
import { readManifest } from '../../platform/kubernetes/manifest.ts';
import { recovered, wholenessOf } from '../../platform/node-recovery.ts';
import { type ObjectRef, refOf } from './objects.ts';
import { ApiRefusal } from '../../platform/kubernetes/raw-objects.ts';
import { until } from '../waiting.ts';
import type { Journal, Undo } from './journal.ts';

/** Changes to a cluster: each is in the journal before it is made, and is taken back at the end. */
export interface Changes {
  /** Makes an object that is not there yet. */
  create<T extends KubernetesObject>(object: T): Promise<T>;
  /** Makes the objects of a manifest, in its order, with values put in for `${NAME}`. */
  createFrom(manifest: string, values: Readonly<Record<string, string>>): Promise<KubernetesObject[]>;
  /** Changes fields of an object (RFC 7386); taken back by the values that they had. */
  patch(ref: ObjectRef, mergePatch: Record<string, unknown>): Promise<KubernetesObject>;
  /** Removes an object, and waits until it is gone; taken back by making it again. */
  remove(ref: ObjectRef): Promise<void>;
  /** Runs a command of the machine that another takes back; returns its standard output. */
  command(
    change: { readonly what: string; readonly run: readonly string[]; readonly undo: readonly string[] },
    signal: AbortSignal,
  ): Promise<string>;
  /** Cuts a node's power; taken back by giving it back, which ends when the node is as whole as it was. */
  cutPower(
    node: string,
    commands: { readonly run: readonly string[]; readonly undo: readonly string[] },
    signal: AbortSignal,
  ): Promise<void>;
  /** To be said before pods of a DaemonSet are hindered: what is taken back ends when as many of them are Ready as are now. */
  awaitDaemonSet(daemonSet: { readonly namespace: string; readonly name: string }): Promise<void>;
  /** Notes an object that somebody else may make: a script, a tenant's token. It is deleted at the end. */
  expect(ref: ObjectRef): Promise<void>;
  /** Takes everything back, the newest first; returns what could not be. Never throws; a second call does what the first could not. */
  undoAll(): Promise<string[]>;
}

/** The label by which everything that a run made is found. */
export const runLabel = 'conform-run';

export function openChanges({ kubernetes, journal, owner }: { kubernetes: Kubernetes; journal: Journal; owner: string }): Changes {
  const made: { id: number; undo: Undo }[] = [];
  const note = (undo: Undo): void => void made.push({ id: journal.add(owner, undo), undo });
  const create: Changes['create'] = async (object) => {
    note({ ...deletion(refOf(object)), run: journal.runId });
    const labelled = structuredClone(object);
    labelled.metadata = Object.assign(labelled.metadata ?? {}, { labels: { ...object.metadata?.labels, [runLabel]: journal.runId } });
    const created = (await kubernetes.raw.create(labelled, soon())) as typeof object;
    if (object.kind === 'Namespace') await takesPods(kubernetes, object.metadata?.name ?? '');
    return created;
  };
  return {
    create,
    createFrom: async (manifest, values) => {
      const created: KubernetesObject[] = [];
      for (const object of await readManifest(manifest, values)) created.push(await create(object));
      return created;
    },
    patch: async (ref, mergePatch) => {
      note({ kind: 'patch', ...named(ref), patch: inverse(await existing(kubernetes, ref), mergePatch) });
      return kubernetes.raw.patch(ref, mergePatch, soon());
    },
    remove: async (ref) => {
      note({ kind: 'create', object: withoutServerFields(await existing(kubernetes, ref)) });
      await deleteAndAwait(kubernetes, ref);
    },
    command: async ({ what, run, undo }, signal) => {
      note({ kind: 'command', what, argv: [...undo] });
      const [program = '', ...args] = run;
      return (await execa(program, args, { cancelSignal: signal, timeout: commandDeadlineMs, stdin: 'ignore' })).stdout;
    },
    cutPower: async (node, { run, undo }, signal) => {
      note({ kind: 'power', node, argv: [...undo], whole: await wholenessOf(kubernetes, node, signal) });
      const [program = '', ...args] = run;
      await execa(program, args, { cancelSignal: signal, timeout: commandDeadlineMs, stdin: 'ignore' });
    },
    awaitDaemonSet: async ({ namespace, name }) =>
      note({ kind: 'daemon-set', namespace, name, ready: await readyOf(kubernetes, { namespace, name }) }),
    expect: async (ref) => note(deletion(ref)),
    undoAll: async () => {
      const left = await undoChanges(
        kubernetes,
        made.map(({ undo }) => undo),
      );
      const kept = made.filter(({ undo }) => left.some((each) => each.undo === undo));
      for (const each of made) if (!kept.includes(each)) journal.undone(each.id);
      made.splice(0, made.length, ...kept);
      return left.map(({ text }) => text);
    },
  };
}

/** The controller manager makes the account a moment after the namespace, on a busy cluster seconds later. */
const accountDeadlineMs = 20_000;

/** A pod is refused until its namespace has the account that pods run as (Kubernetes: ServiceAccount admission). */
async function takesPods(kubernetes: Kubernetes, namespace: string): Promise<void> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
  await until(`the default account of namespace ${namespace}`, { timeoutMs: accountDeadlineMs, everyMs: 200, signal: soon() }, async () =>
    (await kubernetes.raw.read(account, soon())) === undefined ? { notYet: 'not there' } : { done: undefined },
  );
}

const commandDeadlineMs = 120_000;
/** A machine boots, its pods start and its volumes are rebuilt within this time, or it is told that they did not. */
const recoveryDeadlineMs = 180_000;
/** Each step of an undo is given up after this time. */
const undoDeadlineMs = 30_000;
/** A namespace takes its objects with it, which takes the time that their pods take to end. */
const goneDeadlineMs = 90_000;

interface Left {
  readonly undo: Undo;
  readonly text: string;
}

/** Takes changes back: those that restore one after another, newest first, then all deletions at the same time. */
export async function undoChanges(kubernetes: Kubernetes, undos: readonly Undo[]): Promise<Left[]> {
  const left: Left[] = [];
  const newestFirst = undos.toReversed();
  for (const undo of newestFirst.filter(({ kind }) => kind !== 'delete')) left.push(...(await tried(kubernetes, undo)));
  const deletions = newestFirst.filter((undo) => undo.kind === 'delete');
  const namespaces = deletions.filter(({ objectKind }) => objectKind === 'Namespace').map(({ name }) => name);
  // A namespace takes its objects with it. Its pods are not waited for: deleted by themselves they end at once.
  const goesAlong = ({ namespace = '', objectKind }: Deletion): boolean => objectKind !== 'Pod' && namespaces.includes(namespace);
  left.push(
    ...(await allTried(
      kubernetes,
      deletions.filter((undo) => !goesAlong(undo)),
    )),
  );
  const along = Map.groupBy(deletions.filter(goesAlong), ({ namespace = '' }) => namespace);
  // One that somebody else had made by that name stays, and one that is stuck too.
  const stayed = await Promise.all(
    [...along].map(async ([namespace, within]) => ((await isThere(kubernetes, namespace)) ? allTried(kubernetes, within) : [])),
  );
  return [...left, ...stayed.flat()];
}

type Deletion = Extract<Undo, { kind: 'delete' }>;

async function allTried(kubernetes: Kubernetes, undos: readonly Undo[]): Promise<Left[]> {
  return (await Promise.all(undos.map((undo) => tried(kubernetes, undo)))).flat();
}

/** When the API does not say, it may be. */
async function isThere(kubernetes: Kubernetes, namespace: string): Promise<boolean> {
  return (
    (await kubernetes.raw.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, soon()).catch(() => 'unknown')) !==
    undefined
  );
}

async function tried(kubernetes: Kubernetes, undo: Undo): Promise<Left[]> {
  try {
    await undone(kubernetes, undo);
    return [];
  } catch (error) {
    return [{ undo, text: `${undoText(undo)}: ${refusalText(error) ?? (error instanceof Error ? error.message : String(error))}` }];
  }
}

async function undone(kubernetes: Kubernetes, undo: Undo): Promise<void> {
  switch (undo.kind) {
    case 'delete':
      return deleteOwn(kubernetes, refFrom(undo), undo.run);
    case 'patch':
      await kubernetes.raw.patch(refFrom(undo), undo.patch, soon()).catch(unless(404));
      return;
    case 'create':
      await kubernetes.raw.create(undo.object as KubernetesObject, soon()).catch(unless(409));
      return;
    case 'command':
      return runUndo(undo.argv);
    case 'power':
      return recovered(kubernetes, undo, { powerOn: async () => runUndo(undo.argv), signal: AbortSignal.timeout(recoveryDeadlineMs) });
    case 'daemon-set':
      await until(
        `${undo.ready} Ready pods of DaemonSet ${undo.namespace}/${undo.name}`,
        { timeoutMs: recoveryDeadlineMs, everyMs: 500, signal: AbortSignal.timeout(recoveryDeadlineMs + undoDeadlineMs) },
        async () => {
          const ready = await readyOf(kubernetes, undo);
          return ready >= undo.ready ? { done: undefined } : { notYet: `${ready}` };
        },
      );
  }
}

async function runUndo([program = '', ...args]: readonly string[]): Promise<void> {
  await execa(program, args, { timeout: commandDeadlineMs, stdin: 'ignore' });
}

async function readyOf(
  kubernetes: Kubernetes,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<number> {
  return (await kubernetes.apps.readNamespacedDaemonSet({ namespace, name })).status?.numberReady ?? 0;
}

/** A change in words. */
export function undoText(undo: Undo): string {
  switch (undo.kind) {
    case 'delete':
      return `delete ${undo.objectKind} ${place(undo)}`;
    case 'patch':
      return `put ${Object.keys(undo.patch).join(', ')} of ${undo.objectKind} ${place(undo)} back`;
    case 'create': {
      const { kind, metadata } = undo.object as KubernetesObject;
      return `make ${kind} ${place({ name: metadata?.name ?? '', namespace: metadata?.namespace })} again`;
    }
    case 'command':
      return undo.what;
    case 'power':
      return `power on ${undo.node}`;
    case 'daemon-set':
      return `wait for DaemonSet ${place(undo)}`;
  }
}

function place({ name, namespace }: { name: string; namespace?: string | undefined }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** What somebody else has made by the same name stays. */
async function deleteOwn(kubernetes: Kubernetes, ref: ObjectRef, run: string | undefined): Promise<void> {
  const there = await kubernetes.raw.read(ref, soon());
  if (there === undefined || (run !== undefined && there.metadata?.labels?.[runLabel] !== run)) return;
  await deleteAndAwait(kubernetes, ref);
}

/** Waits until the object is gone: its name is free then, and its effects are over. */
async function deleteAndAwait(kubernetes: Kubernetes, ref: ObjectRef): Promise<void> {
  await kubernetes.raw.delete(ref, { propagationPolicy: 'Background', ...(ref.kind === 'Pod' ? { gracePeriodSeconds: 0 } : {}) }, soon());
  const deadline = Date.now() + (ref.kind === 'Namespace' ? goneDeadlineMs : undoDeadlineMs);
  for (;;) {
    const still = await kubernetes.raw.read(ref, soon());
    if (still === undefined) return;
    if (Date.now() > deadline) throw new Error(stuckText(still));
    await delay(ref.kind === 'Namespace' ? 1_000 : 300);
  }
}

function stuckText(object: KubernetesObject): string {
  const { metadata, status } = object as KubernetesObject & {
    status?: { conditions?: { type: string; status: string; message?: string }[] };
  };
  const conditions = (status?.conditions ?? [])
    .filter((each) => each.status === 'True')
    .map(({ type, message }) => `${type}: ${message ?? ''}`);
  return `it is stuck; finalizers ${metadata?.finalizers?.join(', ') || 'none'}${conditions.length === 0 ? '' : `; ${conditions.join('; ')}`}`;
}

/** An undo is made whether or not the run has been stopped. */
function soon(): AbortSignal {
  return AbortSignal.timeout(undoDeadlineMs);
}

/** An undo that finds its work done is done. */
function unless(code: number): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof ApiRefusal) || error.code !== code) throw error;
  };
}

async function existing(kubernetes: Kubernetes, ref: ObjectRef): Promise<KubernetesObject & Record<string, unknown>> {
  const before = await kubernetes.raw.read(ref, soon());
  if (before === undefined) throw new Error(`there is no ${ref.kind} ${place(ref.metadata)}`);
  return before as KubernetesObject & Record<string, unknown>;
}

function deletion(ref: ObjectRef): Extract<Undo, { kind: 'delete' }> {
  return { kind: 'delete', ...named(ref) };
}

function named({ apiVersion, kind, metadata: { name, namespace } }: ObjectRef): {
  apiVersion: string;
  objectKind: string;
  name: string;
  namespace?: string;
} {
  return { apiVersion, objectKind: kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

function refFrom({
  apiVersion,
  objectKind,
  name,
  namespace,
}: ReturnType<typeof named> | Extract<Undo, { kind: 'delete' | 'patch' }>): ObjectRef {
  return { apiVersion, kind: objectKind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

/** The merge patch that takes another one back: the values that its fields had, null for those that were not there. */
export function inverse(before: Readonly<Record<string, unknown>>, patch: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => {
      const old = before[key];
      if (old === undefined) return [key, null];
      return [key, isRecord(old) && isRecord(value) ? inverse(old, value) : old];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object as it would be applied: what the server alone writes is left out. */
function withoutServerFields(object: KubernetesObject): Record<string, unknown> {
  const { metadata, status: _, ...rest } = object as KubernetesObject & { status?: unknown };
  const { resourceVersion: _1, uid: _2, creationTimestamp: _3, generation: _4, managedFields: _5, ...kept } = metadata ?? {};
  return { ...rest, metadata: kept };
}
