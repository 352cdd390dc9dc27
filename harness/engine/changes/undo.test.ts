import { describe, expect, it } from 'vitest';
import type { ChangedCluster } from './changed-cluster.ts';
import type { Undo } from './journal.ts';
import type { ApiObject, ObjectRef } from './objects.ts';
import { ObjectStore } from './testing/object-store.ts';
import { runLabel, undoChanges } from './undo.ts';

const patience = { stepMs: 60, namespaceMs: 60, recoveryMs: 60, everyMs: 10 };
const run = 'r1';

const ref = (kind: string, name: string, namespace?: string): ObjectRef => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});
const made = (kind: string, name: string, namespace?: string): ApiObject => {
  const { metadata, ...rest } = ref(kind, name, namespace);
  return { ...rest, metadata: { ...metadata, labels: { [runLabel]: run } } };
};
const deletion = ({ apiVersion, kind, metadata }: ObjectRef): Undo => ({ kind: 'delete', apiVersion, objectKind: kind, ...metadata, run });
const command = (what: string, ...argv: string[]): Undo => ({ kind: 'command', what, argv });

function clusterOf(objects: ObjectStore, more: Partial<ChangedCluster> = {}): ChangedCluster {
  return {
    objects,
    readManifest: async () => [],
    wholenessOf: async () => ({}),
    recovered: async (_, { powerOn }) => powerOn(),
    readyPods: async () => 0,
    ...more,
  };
}

async function leftOf(objects: ObjectStore, undos: readonly Undo[], more: Partial<ChangedCluster> = {}): Promise<string[]> {
  return (await undoChanges(clusterOf(objects, more), undos, patience)).map(({ text }) => text);
}

const writes = (store: ObjectStore): string[] => store.log.filter((line) => !line.startsWith('read '));

describe('changes are taken back', () => {
  it('the newest first, and deletions last', async () => {
    const store = new ObjectStore([made('ConfigMap', 'own', 'default'), ref('ConfigMap', 'theirs', 'default')]);
    const patch = (value: number): Undo => ({
      kind: 'patch',
      apiVersion: 'v1',
      objectKind: 'ConfigMap',
      name: 'theirs',
      namespace: 'default',
      patch: { data: { value } },
    });
    expect(await leftOf(store, [patch(1), deletion(ref('ConfigMap', 'own', 'default')), patch(2)])).toEqual([]);
    expect(writes(store)).toEqual(['patch ConfigMap default/theirs', 'patch ConfigMap default/theirs', 'delete ConfigMap default/own']);
    // The oldest change found the value that stays.
    expect(store.get(ref('ConfigMap', 'theirs', 'default'))).toMatchObject({ data: { value: 1 } });
  });

  it('with a namespace, its objects go along; its pods are deleted by themselves', async () => {
    const store = new ObjectStore([made('Namespace', 'n'), made('ConfigMap', 'm', 'n'), made('Pod', 'p', 'n')]);
    const undos = [ref('Namespace', 'n'), ref('ConfigMap', 'm', 'n'), ref('Pod', 'p', 'n')].map(deletion);
    expect(await leftOf(store, undos)).toEqual([]);
    expect(writes(store).toSorted()).toEqual(['delete Namespace n', 'delete Pod n/p']);
    expect(store.names).toEqual([]);
  });

  it('within a namespace that somebody else made by the name, one by one', async () => {
    const store = new ObjectStore([ref('Namespace', 'n'), made('ConfigMap', 'm', 'n')]);
    expect(await leftOf(store, [ref('Namespace', 'n'), ref('ConfigMap', 'm', 'n')].map(deletion))).toEqual([]);
    expect(store.names).toEqual(['Namespace n']);
  });

  it('but not of an object that somebody else made by the name', async () => {
    const store = new ObjectStore([ref('ConfigMap', 'm', 'default')]);
    expect(await leftOf(store, [deletion(ref('ConfigMap', 'm', 'default'))])).toEqual([]);
    expect(store.names).toEqual(['ConfigMap default/m']);
  });

  it.each<[string, Undo]>([
    ['a deletion of what is gone', deletion(ref('ConfigMap', 'gone', 'default'))],
    [
      'a patch of what is gone',
      { kind: 'patch', apiVersion: 'v1', objectKind: 'ConfigMap', name: 'gone', namespace: 'default', patch: {} },
    ],
    ['an object that is there again', { kind: 'create', object: { ...ref('ConfigMap', 'there', 'default') } }],
  ])('where the work is done already: %s', async (_, undo) => {
    expect(await leftOf(new ObjectStore([ref('ConfigMap', 'there', 'default')]), [undo])).toEqual([]);
  });

  it('by a command, and by the power of a node', async () => {
    const whole = { pods: ['n/p'] };
    const seen: unknown[] = [];
    const power: Undo = { kind: 'power', node: 'w01', argv: ['true'], whole };
    const recovered: ChangedCluster['recovered'] = async (lost, { powerOn }) => {
      seen.push(lost);
      await powerOn();
    };
    expect(await leftOf(new ObjectStore(), [command('switch it on', 'true'), power], { recovered })).toEqual([]);
    expect(seen).toMatchObject([{ node: 'w01', whole }]);
  });

  it('which ends when a DaemonSet has as many Ready pods as it had', async () => {
    let ready = 1;
    const undo: Undo = { kind: 'daemon-set', namespace: 'kube-system', name: 'speaker', ready: 3 };
    expect(await leftOf(new ObjectStore(), [undo], { readyPods: async () => (ready += 1) })).toEqual([]);
    expect(ready).toBe(3);
  });
});

describe('a change that cannot be taken back', () => {
  it('is told with the finalizer that blocks it, and what is in a stuck namespace is deleted by itself', async () => {
    const stuck = made('Namespace', 'n');
    Object.assign(stuck.metadata ?? {}, { finalizers: ['example.com/hold'] });
    Object.assign(stuck, {
      status: { conditions: [{ type: 'NamespaceFinalizersRemaining', status: 'True', message: 'example.com/hold in 1' }] },
    });
    const store = new ObjectStore([stuck, made('ConfigMap', 'm', 'n')]);
    const left = await leftOf(store, [ref('Namespace', 'n'), ref('ConfigMap', 'm', 'n')].map(deletion));
    expect(left).toEqual([
      'delete Namespace n: to be gone: not within 0.06 s, last it is stuck; finalizers example.com/hold; NamespaceFinalizersRemaining: example.com/hold in 1',
    ]);
    expect(store.names).toEqual(['Namespace n']);
  });

  it('does not keep the others from it', async () => {
    const store = new ObjectStore([made('ConfigMap', 'm', 'default')]);
    const left = await leftOf(store, [deletion(ref('ConfigMap', 'm', 'default')), command('mend the link', 'false')]);
    expect(left).toEqual([expect.stringMatching(/^mend the link: Command failed with exit code 1/)]);
    expect(store.names).toEqual([]);
  });

  it.each<[string, Error, string]>([
    ['a refusal', new Error('the API answered 403: no'), 'the API answered 403: no'],
    ['a connection that fails', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'connect ECONNREFUSED'],
  ])('is told with %s', async (_, failure, text) => {
    const store = new ObjectStore([made('ConfigMap', 'm', 'default')]);
    store.failure = failure;
    expect(await leftOf(store, [deletion(ref('ConfigMap', 'm', 'default'))])).toEqual([`delete ConfigMap default/m: ${text}`]);
  });

  it('is told when a DaemonSet does not come back', async () => {
    const undo: Undo = { kind: 'daemon-set', namespace: 'n', name: 'd', ready: 2 };
    expect(await leftOf(new ObjectStore(), [undo])).toEqual([
      'wait for DaemonSet n/d: 2 Ready pods of DaemonSet n/d: not within 0.06 s, last 0',
    ]);
  });
});
