import type { ChangedCluster } from './changed-cluster.ts';
import { openJournal, readJournal } from './journal.ts';
import { undoChanges, undoPatience, undoText } from './undo.ts';

export interface Replayed {
  readonly undone: readonly string[];
  /** What could not be taken back, and why; the journal keeps it. */
  readonly left: readonly string[];
}

/** Takes back what the journal of a dead run still has; the file goes when nothing is left. Throws when it cannot be read. */
export async function replay(cluster: ChangedCluster, file: string, patience = undoPatience): Promise<Replayed> {
  const { open } = readJournal(file);
  const journal = openJournal(file);
  const left = await undoChanges(
    cluster,
    open.map(({ undo }) => undo),
    patience,
  );
  const done = open.filter(({ undo }) => left.every((each) => each.undo !== undo));
  for (const { id } of done) journal.undone(id);
  journal.close();
  return { undone: done.map(({ undo }) => undoText(undo)), left: left.map(({ text }) => text) };
}
