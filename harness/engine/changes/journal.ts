import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isSameProcess, processStart } from '../process-identity.ts';

/** What takes a change back; plain data, so that another process can do it after a crash. */
const undo = z.discriminatedUnion('kind', [
  /** Deletes an object, and waits until it is gone; with `run` only one that carries this run's label. */
  z.object({
    kind: z.literal('delete'),
    apiVersion: z.string(),
    objectKind: z.string(),
    name: z.string(),
    namespace: z.string().optional(),
    run: z.string().optional(),
  }),
  /** Puts fields of an object back (RFC 7386). */
  z.object({
    kind: z.literal('patch'),
    apiVersion: z.string(),
    objectKind: z.string(),
    name: z.string(),
    namespace: z.string().optional(),
    patch: z.record(z.string(), z.unknown()),
  }),
  /** Makes an object that was removed again. */
  z.object({ kind: z.literal('create'), object: z.record(z.string(), z.unknown()) }),
  /** Runs a command of the machine. */
  z.object({ kind: z.literal('command'), what: z.string(), argv: z.array(z.string()).min(1) }),
  /** Gives a node its power back, and waits until what was well is well again: `whole` is the cluster's own note of it. */
  z.object({ kind: z.literal('power'), node: z.string(), argv: z.array(z.string()).min(1), whole: z.record(z.string(), z.unknown()) }),
  /** Changes nothing: waits until a DaemonSet has as many Ready pods as it had. */
  z.object({ kind: z.literal('daemon-set'), namespace: z.string(), name: z.string(), ready: z.int() }),
]);
export type Undo = z.infer<typeof undo>;

const header = z.object({
  entry: z.literal('run'),
  runId: z.string(),
  command: z.string(),
  cluster: z.string(),
  pid: z.int(),
  /** See process-identity.ts. */
  processStart: z.string(),
  startedAt: z.string(),
});
const change = z.object({ entry: z.literal('change'), id: z.int(), owner: z.string(), undo });
const undone = z.object({ entry: z.literal('undone'), id: z.int() });
const entry = z.discriminatedUnion('entry', [header, change, undone]);

export type JournalHeader = z.infer<typeof header>;
type Change = z.infer<typeof change>;

/** The changes of one run to a cluster, on disk before they are made. */
export interface Journal {
  readonly runId: string;
  /** What was not taken back when it was opened, oldest first. */
  readonly found: readonly Change[];
  /** Writes a change down; returns its number. Throws when the journal is closed. */
  add(owner: string, undo: Undo): number;
  /** Notes that a change was taken back. */
  undone(id: number): void;
  /** Ends the writing; the file goes when nothing is left to be undone. */
  close(): void;
}

/** Makes the journal of a run in the folder, for its process; returns its file. */
export function createJournal(folder: string, { runId, command, cluster }: Pick<JournalHeader, 'runId' | 'command' | 'cluster'>): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${runId}.jsonl`);
  const first: JournalHeader = {
    entry: 'run',
    runId,
    command,
    cluster,
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    startedAt: new Date().toISOString(),
  };
  const descriptor = openSync(file, 'wx', 0o600);
  write(descriptor, first);
  closeSync(descriptor);
  return file;
}

/** Opens a journal that has its header, without the line that its writer may have been cut off in. */
export function openJournal(file: string): Journal {
  const text = readFileSync(file, 'utf8');
  const before = parseJournal(file, text);
  // A torn line would take the next entry with it.
  truncateSync(file, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
  const descriptor = openSync(file, 'a', 0o600);
  const open = new Set(before.open.map(({ id }) => id));
  let next = before.next;
  let isClosed = false;
  return {
    runId: before.header.runId,
    found: before.open,
    add: (owner, what) => {
      // Its descriptor may be another file's by now.
      if (isClosed) throw new Error(`the journal of run ${before.header.runId} is closed: nothing more may be changed`);
      const id = next;
      next += 1;
      open.add(id);
      write(descriptor, { entry: 'change', id, owner, undo: what });
      return id;
    },
    undone: (id) => {
      if (!open.delete(id) || isClosed) return;
      write(descriptor, { entry: 'undone', id });
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      closeSync(descriptor);
      if (open.size === 0) rmSync(file, { force: true });
    },
  };
}

export interface ReadJournal {
  readonly file: string;
  readonly header: JournalHeader;
  /** What was not taken back, oldest first. */
  readonly open: readonly Change[];
  readonly next: number;
}

/** Reads a journal. The last line may be torn: the change that it was to tell of was not made. Throws for anything else. */
export function readJournal(file: string): ReadJournal {
  return parseJournal(file, readFileSync(file, 'utf8'));
}

/** The text of a journal; see readJournal. */
export function parseJournal(file: string, text: string): ReadJournal {
  const lines = text.split('\n').filter((line) => line !== '');
  const isTorn = !text.endsWith('\n');
  const entries = (isTorn ? lines.slice(0, -1) : lines).map((line, index) => {
    try {
      return entry.parse(JSON.parse(line));
    } catch (error) {
      throw new Error(`${file}, line ${index + 1} is no entry of a journal`, { cause: error });
    }
  });
  const [first] = entries;
  if (first?.entry !== 'run') throw new Error(`${file} does not begin with the header of a run`);
  const changes = entries.filter((each): each is Change => each.entry === 'change');
  const gone = new Set(entries.flatMap((each) => (each.entry === 'undone' ? [each.id] : [])));
  return { file, header: first, open: changes.filter(({ id }) => !gone.has(id)), next: Math.max(-1, ...changes.map(({ id }) => id)) + 1 };
}

/** The journals that runs on a cluster left, and whether the run is still alive; unreadable ones are told by name. */
export function openJournals(
  folder: string,
  cluster: string,
): { readonly journals: readonly (ReadJournal & { readonly isAlive: boolean })[]; readonly unreadable: readonly string[] } {
  const names = existing(folder);
  const journals: (ReadJournal & { isAlive: boolean })[] = [];
  const unreadable: string[] = [];
  for (const name of names) {
    try {
      const journal = readJournal(join(folder, name));
      if (journal.header.cluster === cluster)
        journals.push({ ...journal, isAlive: isSameProcess(journal.header.pid, journal.header.processStart) });
    } catch {
      unreadable.push(join(folder, name));
    }
  }
  return { journals, unreadable };
}

function existing(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function write(descriptor: number, line: z.infer<typeof entry>): void {
  writeSync(descriptor, `${JSON.stringify(line)}\n`);
  fsyncSync(descriptor);
}
