import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Undo, createJournal, openJournal, openJournals, parseJournal, readJournal } from './journal.ts';

const run = { runId: 'r1', command: 'conform verify', cluster: 'lab' };
const deletion: Undo = { kind: 'delete', apiVersion: 'v1', objectKind: 'Pod', name: 'p', namespace: 'n' };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conform-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a journal', () => {
  it('tells what was not taken back, oldest first', () => {
    const file = createJournal(folder, run);
    const journal = openJournal(file);
    const [first, , third] = ['A', 'B', 'C'].map((owner) => journal.add(owner, deletion));
    journal.undone(first ?? -1);
    expect([readJournal(file).open.map(({ owner }) => owner), readJournal(file).next, third]).toEqual([['B', 'C'], 3, 2]);
    journal.close();
  });

  it('goes when nothing is left to be undone, and stays otherwise', () => {
    const [clean, left] = ['clean', 'left'].map((runId) => createJournal(folder, { ...run, runId }));
    const journals = [clean, left].map((file) => openJournal(file ?? ''));
    journals[0]?.undone(journals[0].add('A', deletion));
    journals[1]?.add('A', deletion);
    for (const journal of journals) journal.close();
    expect([existsSync(clean ?? ''), existsSync(left ?? '')]).toEqual([false, true]);
  });

  it('takes no change when it is closed', () => {
    const journal = openJournal(createJournal(folder, run));
    journal.close();
    expect(() => journal.add('A', deletion)).toThrow('the journal of run r1 is closed');
  });

  it('tells what it had when it was opened', () => {
    const file = createJournal(folder, run);
    openJournal(file).add('A', deletion);
    const journal = openJournal(file);
    journal.add('B', deletion);
    expect(journal.found.map(({ owner }) => owner)).toEqual(['A']);
    journal.close();
  });

  it('may end in a torn line: that change was not made', () => {
    const file = createJournal(folder, run);
    const journal = openJournal(file);
    journal.add('A', deletion);
    appendFileSync(file, '{"entry":"change","id":1,"ow');
    expect(readJournal(file).open.map(({ id }) => id)).toEqual([0]);
    journal.close();
  });

  it('is whole again when it is opened after a torn line', () => {
    const file = createJournal(folder, run);
    openJournal(file).add('A', deletion);
    appendFileSync(file, '{"entry":"change","id":1,"ow');
    const journal = openJournal(file);
    journal.undone(0);
    journal.add('B', deletion);
    expect(readJournal(file).open.map(({ owner }) => owner)).toEqual(['B']);
    journal.close();
  });

  it('with a broken line in its middle is refused, with the line', () => {
    expect(() => parseJournal('j', '{"entry":"run"}\n')).toThrow('j, line 1 is no entry of a journal');
  });

  it('without a header is refused', () => {
    expect(() => parseJournal('j', '{"entry":"undone","id":1}\n')).toThrow('does not begin with the header of a run');
  });
});

describe('the journals of a folder', () => {
  it('are those of the cluster, with unreadable ones by name', () => {
    createJournal(folder, run);
    createJournal(folder, { ...run, runId: 'r2', cluster: 'other' });
    appendFileSync(join(folder, 'bad.jsonl'), 'nonsense\n');
    const { journals, unreadable } = openJournals(folder, 'lab');
    expect([journals.map(({ header }) => header.runId), journals[0]?.isAlive, unreadable]).toEqual([
      ['r1'],
      true,
      [join(folder, 'bad.jsonl')],
    ]);
  });

  it('are none where there is no folder', () => {
    expect(openJournals(join(folder, 'none'), 'lab')).toEqual({ journals: [], unreadable: [] });
  });
});
