import { patient } from '../patience.ts';
import { until } from '../waiting.ts';
import type { ChangedCluster } from './changed-cluster.ts';
import { runCommand } from './command.ts';
import { inverse } from './inverse.ts';
import type { Journal, Undo } from './journal.ts';
import { type ApiObject, type ObjectRef, type Objects, refOf, refText } from './objects.ts';
import { type NotedChange, deleteAndAwait, runLabel, takeBack, undoPatience } from './undo.ts';

export { runLabel } from './undo.ts';

/** Changes to a cluster: each is in the journal before it is made, and is taken back at the end. */
export interface Changes {
  /** Makes an object that is not there yet. */
  create<T extends ApiObject>(object: T): Promise<T>;
  /** Makes the objects of a manifest, in its order, with values put in for `${NAME}`. */
  createFrom(manifest: string, values: Readonly<Record<string, string>>): Promise<ApiObject[]>;
  /** Changes fields of an object (RFC 7386); taken back by the values that they had. */
  patch(ref: ObjectRef, mergePatch: Record<string, unknown>): Promise<ApiObject>;
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

/** Opens the changes of one owner, for example of a check. */
export function openChanges({ cluster, journal, owner }: { cluster: ChangedCluster; journal: Journal; owner: string }): Changes {
  const { objects } = cluster;
  const made: NotedChange[] = [];
  const note = (undo: Undo): void => void made.push({ id: journal.add(owner, undo), undo });
  const create: Changes['create'] = async (object) => {
    note({ ...deletion(refOf(object)), run: journal.runId });
    const labelled = structuredClone(object);
    labelled.metadata = Object.assign(labelled.metadata ?? {}, { labels: { ...object.metadata?.labels, [runLabel]: journal.runId } });
    const created = (await objects.create(labelled, soon())) as typeof object;
    if (object.kind === 'Namespace') await takesPods(objects, object.metadata?.name ?? '');
    return created;
  };
  return {
    create,
    createFrom: async (manifest, values) => {
      const created: ApiObject[] = [];
      for (const object of await cluster.readManifest(manifest, values)) created.push(await create(object));
      return created;
    },
    patch: async (ref, mergePatch) => {
      note({ kind: 'patch', ...named(ref), patch: inverse(await existing(objects, ref), mergePatch) });
      return objects.patch(ref, mergePatch, soon());
    },
    remove: async (ref) => {
      note({ kind: 'create', object: withoutServerFields(await existing(objects, ref)) });
      await deleteAndAwait(objects, ref);
    },
    command: async ({ what, run, undo }, signal) => {
      note({ kind: 'command', what, argv: [...undo] });
      return runCommand(run, signal);
    },
    cutPower: async (node, { run, undo }, signal) => {
      note({ kind: 'power', node, argv: [...undo], whole: await cluster.wholenessOf(node, signal) });
      await runCommand(run, signal);
    },
    awaitDaemonSet: async ({ namespace, name }) =>
      note({ kind: 'daemon-set', namespace, name, ready: await cluster.readyPods({ namespace, name }) }),
    expect: async (ref) => note(deletion(ref)),
    undoAll: async () => {
      const { undone, left } = await takeBack(cluster, journal, [...made]);
      // What is noted meanwhile, by a check that was left behind, is still to be taken back.
      made.splice(0, made.length, ...made.filter((each) => !undone.includes(each)));
      return left.map(({ text }) => text);
    },
  };
}

/** The controller manager makes the account a moment after the namespace, on a busy cluster seconds later. */
const accountDeadlineMs = 20_000;

/** A pod is refused until its namespace has the account that pods run as (Kubernetes: ServiceAccount admission). */
async function takesPods(objects: Objects, namespace: string): Promise<void> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
  await until(
    `the default account of namespace ${namespace}`,
    { timeoutMs: patient(accountDeadlineMs), everyMs: 200, signal: soon() },
    async () => ((await objects.read(account, soon())) === undefined ? { notYet: 'not there' } : { done: undefined }),
  );
}

function soon(): AbortSignal {
  return AbortSignal.timeout(patient(undoPatience.stepMs));
}

async function existing(objects: Objects, ref: ObjectRef): Promise<ApiObject & Record<string, unknown>> {
  const before = await objects.read(ref, soon());
  if (before === undefined) throw new Error(`there is no ${refText(ref)}`);
  return before as ApiObject & Record<string, unknown>;
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

/** An object as it would be applied: what the server alone writes is left out. */
function withoutServerFields(object: ApiObject): Record<string, unknown> {
  const { metadata, status: _, ...rest } = object as { metadata?: Record<string, unknown>; status?: unknown };
  const { resourceVersion: _1, uid: _2, creationTimestamp: _3, generation: _4, managedFields: _5, ...kept } = metadata ?? {};
  return { ...rest, metadata: kept };
}
