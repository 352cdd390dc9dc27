import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { openJournals } from '../harness/engine/changes/journal.ts';
import { replayJournal } from '../harness/platform/replay.ts';
import { exitCode } from '../harness/engine/problem.ts';
import { lab } from '../provision/lab/lab.ts';
import { stateFolder } from '../provision/lab/paths.ts';
import { nameOption } from './lab-options.ts';
import { requireLinuxRoot } from './machine.ts';

/** Where runs write down what they change, before they change it. */
export function journalFolder(): string {
  return join(stateFolder(), 'journals');
}

/** With a lab everything is gone that runs on it have changed, and so is what their journals were kept for. */
export async function forgetJournals(name: string): Promise<void> {
  for (const { file, isAlive } of openJournals(journalFolder(), name).journals) if (!isAlive) await rm(file, { force: true });
}

export const cleanupCommand = new Command('cleanup')
  .description('Undo what interrupted runs have left in a cluster')
  .addOption(nameOption())
  .option('--json', 'as JSON')
  .action(async ({ name, json }: { name: string; json?: true }) => {
    requireLinuxRoot();
    const { undone, left, notes } = await cleanUp(name);
    if (json) process.stdout.write(`${JSON.stringify({ undone, left, notes }, undefined, 2)}\n`);
    else
      process.stdout.write(
        [
          ...undone.map((text) => `undone  ${text}\n`),
          ...left.map((text) => `LEFT    ${text}\n`),
          ...notes.map((text) => `${text}\n`),
        ].join(''),
      );
    process.exitCode = left.length === 0 ? exitCode.kept : exitCode.provider;
  });

interface CleanedUp {
  readonly undone: string[];
  readonly left: string[];
  readonly notes: string[];
}

async function cleanUp(name: string): Promise<CleanedUp> {
  const { journals, unreadable } = openJournals(journalFolder(), name);
  const done: CleanedUp = {
    undone: [],
    left: unreadable.map((file) => `${file} cannot be read: look at it, undo by hand what it tells, and delete it`),
    notes: [],
  };
  const state = await lab.state(name);
  for (const { file, header, isAlive } of journals) {
    if (isAlive) done.notes.push(`run ${header.runId} (process ${header.pid}) is still at work and undoes its own changes`);
    else if (state.kind === 'running') {
      const replayed = await replayJournal(state.cluster, file);
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
