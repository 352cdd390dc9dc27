import { join } from 'node:path';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { stateFolder } from '../provision/paths.ts';
import { makeFolder } from '../provision/make-folder.ts';

/** The folder in which runs keep what they must remember: journals, verdicts, records that found no other place. */
function runsFolder(): string {
  return join(stateFolder(), 'runs');
}

/** The folder in which runs write down their changes before they make them. */
export function journalFolder(): string {
  return join(runsFolder(), 'journals');
}

/** The folder with the last verdict on each requirement, a file for each cluster. */
export function verdictsFolder(): string {
  return join(runsFolder(), 'verdicts');
}

/** The folder for records whose report could not be written. */
export function recordsFolder(): string {
  return join(runsFolder(), 'records');
}

/** Makes the folders of runs, in which nobody else may read. Throws a Problem. */
export async function prepareState(): Promise<void> {
  for (const folder of [journalFolder(), verdictsFolder()]) {
    await makeFolder(folder, 0o700).catch((error: NodeJS.ErrnoException) => {
      const next = 'set CONFORM_STATE to a folder that can be written';
      throw new Problem(exitCode.usage, { expected: `a folder for the state of runs: ${folder}`, saw: error.message, next }, error);
    });
  }
}
