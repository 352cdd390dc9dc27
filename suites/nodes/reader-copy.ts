import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { FixtureContext } from '../../harness/platform/check.ts';
import type { CommandAnswer } from '../../harness/platform/cluster.ts';
import { atWorkstation, runAsReader } from '../isolation/provisioning/guide-script.ts';

/** A copy of the reader's folder: its path there. A file with a passphrase of its own lies in it. */
export interface ReaderCopy {
  readonly folder: string;
  /** Runs a command in the copy; how it ends is a value. */
  run(command: readonly string[], environment?: Readonly<Record<string, string>>): Promise<CommandAnswer>;
  /** Runs a shell program of this folder in the copy, and gives what it printed; throws where it does not end well. */
  tell(program: string, words: readonly string[]): Promise<string>;
}

/** Copies the reader's folder; the copy goes with the changes that made it. */
export async function readerCopy({
  cluster,
  changes,
  signal,
}: Pick<FixtureContext, 'cluster' | 'changes' | 'signal'>): Promise<ReaderCopy> {
  const reader = cluster.descriptor.guideReader;
  if (reader === undefined) throw new Error(`provider ${cluster.descriptor.provider} has no folder with the guide's scripts`);
  const name = `conform-copy-${nonce()}`;
  const program = [...reader, ...(await shell('reader-copy.sh'))];
  const printed = await changes.command(
    { what: `remove the folder ${name} at ${atWorkstation}`, run: [...program, 'make', name], undo: [...program, 'remove', name] },
    signal,
  );
  const folder = printed.trim();
  const run: ReaderCopy['run'] = async (command, environment = {}) =>
    runAsReader({ cluster, signal }, command, { environment: { PASSPHRASE_FILE: `${folder}/conform-passphrase`, ...environment }, folder });
  return {
    folder,
    run,
    tell: async (file, words) => {
      const answer = await run([...(await shell(file)), ...words]);
      if (answer.code !== 0) throw new Error(`${file} ${words.join(' ')} ended with ${answer.code}: ${answer.stderr.trim()}`);
      return answer.stdout;
    },
  };
}

/** The names of the files in the copy. */
export async function filesIn(copy: ReaderCopy): Promise<string[]> {
  return linesOf((await copy.run(['ls', '-1'])).stdout);
}

/** The lines that a program printed. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** A shell program of this folder as a command, without a file at the other end. */
async function shell(program: string): Promise<string[]> {
  return ['sh', '-c', await readFile(join(import.meta.dirname, program), 'utf8'), program];
}
