import { join } from 'node:path';
import { stateFolder } from '../provision/paths.ts';

/** The folder in which runs keep what they must remember: journals, verdicts, records that found no other place. */
export function runsFolder(): string {
  return join(stateFolder(), 'runs');
}

/** The folder in which runs write down their changes before they make them. */
export function journalFolder(): string {
  return join(runsFolder(), 'journals');
}
