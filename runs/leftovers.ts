import { existsSync } from 'node:fs';
import { openJournals } from '../harness/engine/changes/journal.ts';
import { replayJournal } from '../harness/platform/replay.ts';
import type { ClusterDescriptor } from '../harness/platform/descriptor.ts';
import type { RunConsole } from './run-console.ts';
import { journalFolder } from './state.ts';

/** Leftovers of an earlier run may be the fault that this one finds. */
export function warnOfLeftovers(name: string, { warn }: RunConsole): void {
  const dead = openJournals(journalFolder(), name).journals.filter(({ isAlive }) => !isAlive);
  for (const { header } of dead)
    warn(`Run ${header.runId} was cut short and left changes in the cluster. Next: conform cleanup --name ${name}`);
}

/** Takes back what the runner could not; its journal is there only when it was ended before it could undo everything. */
export async function undoLeft({ name, ...cluster }: ClusterDescriptor, journal: string, { lastPhase, warn }: RunConsole): Promise<void> {
  if (!existsSync(journal)) return;
  const { left } = await lastPhase('Undo what the run changed', (work) => replayJournal(cluster, journal, work.signal));
  for (const text of left) warn(`left behind: ${text}`);
  if (left.length > 0) warn(`Next: conform cleanup --name ${name}`);
}
