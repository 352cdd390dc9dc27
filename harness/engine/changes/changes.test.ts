import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Changes, openChanges, runLabel } from './changes.ts';
import { createJournal, openJournal, readJournal } from './journal.ts';
import type { ApiObject } from './objects.ts';
import { replay } from './replay-journal.ts';
import { ObjectStore } from './testing/object-store.ts';

const theirs: ApiObject & { data: object } = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'theirs', namespace: 'default' },
  data: { kept: 'a', changed: 'b' },
};
const own: ApiObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own', namespace: 'default' } };
const ref = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'default' } };

let folder: string;
let file: string;
let store: ObjectStore;
let changes: Changes;

const cluster = () => ({
  objects: store,
  readManifest: async () => [own],
  wholenessOf: async () => ({ pods: [] }),
  recovered: async () => undefined,
  readyPods: async () => 1,
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conform-changes-'));
  file = createJournal(folder, { runId: 'r1', command: 'conform verify', cluster: 'lab' });
  store = new ObjectStore([theirs]);
  changes = openChanges({ cluster: cluster(), journal: openJournal(file), owner: 'ID' });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const noted = (): string[] => readJournal(file).open.map(({ undo }) => undo.kind);

describe('a change', () => {
  it('is in the journal before it is made', async () => {
    store.failure = new Error('no answer');
    await expect(changes.create(own)).rejects.toThrow('no answer');
    expect([noted(), store.names]).toEqual([['delete'], ['ConfigMap default/theirs']]);
  });

  it('carries the label of the run, and leaves the object that was handed over as it is', async () => {
    await changes.createFrom('manifest.yaml', {});
    expect([store.get({ ...ref, metadata: { name: 'own', namespace: 'default' } })?.metadata?.labels, own.metadata?.labels]).toEqual([
      { [runLabel]: 'r1' },
      undefined,
    ]);
  });

  it('of fields is taken back by the values that they had', async () => {
    await changes.patch(ref, { data: { changed: 'c', added: 'd' } });
    expect(store.get(ref)).toMatchObject({ data: { kept: 'a', changed: 'c', added: 'd' } });
    expect([await changes.undoAll(), noted()]).toEqual([[], []]);
    expect(store.get(ref)).toMatchObject({ data: theirs.data });
  });

  it('that removes an object is taken back by making it again', async () => {
    await changes.remove(ref);
    expect(store.names).toEqual([]);
    await changes.undoAll();
    expect(store.get(ref)).toMatchObject({ data: theirs.data });
  });

  it('of an object that is not there is none', async () => {
    await expect(changes.patch({ ...ref, metadata: { name: 'none' } }, {})).rejects.toThrow('there is no ConfigMap none');
    expect(noted()).toEqual([]);
  });

  it('that could not be taken back stays in the journal, for a second attempt', async () => {
    await changes.patch(ref, { data: { changed: 'c' } });
    store.failure = new Error('no answer');
    expect(await changes.undoAll()).toEqual(['put data of ConfigMap default/theirs back: no answer']);
    expect(noted()).toEqual(['patch']);
    store.failure = undefined;
    expect([await changes.undoAll(), noted()]).toEqual([[], []]);
    expect(store.get(ref)).toMatchObject({ data: theirs.data });
  });
});

describe('a change that is noted while others are taken back', () => {
  it('stays in the journal, for a second attempt', async () => {
    await changes.patch(ref, { data: { changed: 'c' } });
    const undoing = changes.undoAll();
    await changes.expect(ref);
    expect([await undoing, noted()]).toEqual([[], ['delete']]);
    expect([await changes.undoAll(), noted(), store.names]).toEqual([[], [], []]);
  });
});

describe('a replay', () => {
  it('takes back what a dead run left, and removes its journal', async () => {
    await changes.create(own);
    await changes.patch(ref, { data: { changed: 'c' } });
    expect(await replay(cluster(), file)).toEqual({
      undone: ['delete ConfigMap default/own', 'put data of ConfigMap default/theirs back'],
      left: [],
    });
    expect(store.names).toEqual(['ConfigMap default/theirs']);
    expect(store.get(ref)).toMatchObject({ data: theirs.data });
    expect(() => readJournal(file)).toThrow('ENOENT');
  });

  it('keeps in the journal only what could not be taken back', async () => {
    const held = { ...own, metadata: { ...own.metadata, finalizers: ['example.com/hold'] } };
    await changes.create(held);
    await changes.patch(ref, { data: { changed: 'c' } });
    const patience = { stepMs: 50, namespaceMs: 50, recoveryMs: 50, everyMs: 10 };
    const { undone, left } = await replay(cluster(), file, patience);
    expect([undone, left]).toEqual([
      ['put data of ConfigMap default/theirs back'],
      [expect.stringContaining('finalizers example.com/hold')],
    ]);
    expect(noted()).toEqual(['delete']);
  });
});
