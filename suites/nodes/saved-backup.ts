import type { FixtureContext } from '../../harness/platform/check.ts';
import { fixture } from '../../harness/platform/check.ts';
import type { CommandAnswer } from '../../harness/platform/cluster.ts';
import { type ReaderCopy, filesIn, linesOf, readerCopy } from './reader-copy.ts';

/** What the guide's backup left in a copy of the reader's folder. */
export interface SavedBackup {
  readonly copy: ReaderCopy;
  /** How the procedure ended. */
  readonly answer: CommandAnswer;
  /** The names of archives and folders that it left. */
  readonly left: readonly string[];
  /** The encrypted one, where it is the only encrypted one. */
  readonly encrypted: string | undefined;
  /** Files of the folder before. */
  readonly before: readonly string[];
}

const procedure = ['bash', './configuration-backup.sh'];

/** The guide's Configuration Backup, run once in a copy of the reader's folder. How it ends is for the checks to say. */
export const savedBackup = fixture({ name: 'a backup' }, async (context: FixtureContext): Promise<SavedBackup> => {
  const copy = await readerCopy(context);
  const before = await filesIn(copy);
  const answer = await copy.run(procedure);
  const left = linesOf(await copy.tell('open-backup.sh', ['left']));
  const encrypted = left.filter((name) => name.endsWith('.gpg'));
  return { copy, answer, left, before, encrypted: encrypted.length === 1 ? encrypted[0] : undefined };
});
