import type { ChangedCluster } from './changed-cluster.ts';
import { openJournal } from './journal.ts';
import { takeBack, undoPatience, undoText } from './undo.ts';

export interface Replayed {
  readonly undone: readonly string[];
  /** What could not be taken back, and why; the journal keeps it. */
  readonly left: readonly string[];
}

/** Takes back what the journal of a dead run still has; the file goes when nothing is left. Throws when it cannot be read. */
export async function replay(cluster: ChangedCluster, file: string, patience = undoPatience): Promise<Replayed> {
  const journal = openJournal(file);
  const { undone, left } = await takeBack(cluster, journal, journal.found, patience);
  journal.close();
  return { undone: undone.map(({ undo }) => undoText(undo)), left: left.map(({ text }) => text) };
}
