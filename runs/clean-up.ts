import { rm } from 'node:fs/promises';
import { openJournals } from '../harness/engine/changes/journal.ts';
import { replayJournal } from '../harness/platform/replay.ts';
import type { Provider } from '../provision/provider.ts';
import { journalFolder } from './state.ts';

/** With a lab everything is gone that runs on it have changed, and so is what their journals were kept for. */
export async function forgetJournals(name: string): Promise<void> {
  for (const { file, isAlive } of openJournals(journalFolder(), name).journals) if (!isAlive) await rm(file, { force: true });
}

interface CleanedUp {
  readonly undone: string[];
  readonly left: string[];
  readonly notes: string[];
}

/** Takes back what interrupted runs have left in a cluster. */
export async function cleanUp(provider: Pick<Provider, 'state'>, name: string, signal: AbortSignal): Promise<CleanedUp> {
  const { journals, unreadable } = openJournals(journalFolder(), name);
  const done: CleanedUp = {
    undone: [],
    left: unreadable.map((file) => `${file} cannot be read: look at it, undo by hand what it tells, and delete it`),
    notes: [],
  };
  const state = await provider.state(name);
  for (const { file, header, isAlive } of journals) {
    if (isAlive) done.notes.push(`run ${header.runId} (process ${header.pid}) is still at work and undoes its own changes`);
    else if (state.kind === 'running') {
      const replayed = await replayJournal(state.cluster, file, signal);
      done.undone.push(...replayed.undone);
      done.left.push(...replayed.left);
    } else if (state.kind === 'absent') {
      await rm(file, { force: true });
      done.notes.push(`lab ${name} is gone, and with it all that run ${header.runId} changed`);
    } else
      done.left.push(
        `what run ${header.runId} changed: lab ${name} does not run (conform status); conform down --name ${name} removes it with everything in it`,
      );
  }
  if (journals.length === 0 && unreadable.length === 0) done.notes.push(`No run has left anything in lab ${name}.`);
  return done;
}
