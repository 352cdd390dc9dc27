import { readFile } from 'node:fs/promises';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';
import { atWorkstation } from '../../isolation/provisioning/guide-script.ts';

type Reader = Pick<CheckContext, 'cluster' | 'changes' | 'signal'>;

/** A folder of the reader's in which calls of curl are noted, and the clock stands where a run says. */
interface NotedFolder {
  readonly folder: string;
  readonly path: string;
}

/** One run in such a folder. */
interface NotedRun {
  readonly command: readonly string[];
  /** A time with its zone, `2026-03-31 08:00:00 UTC`; the machine's own clock when left out. */
  readonly now?: string;
  readonly zone?: string;
  /** A text that every request is answered with. */
  readonly answer?: string;
  /** Every request is refused. */
  readonly isDead?: true;
}

/** How it ended, and what was asked and answered. */
export interface Noted extends CommandAnswer {
  /** The arguments of each call of curl. */
  readonly calls: readonly string[];
  /** The last answer of the server; empty where none was asked. */
  readonly served: string;
}

/** Makes the folder, which goes with the changes that made it. */
export async function notedFolder({ cluster, changes, signal }: Reader): Promise<NotedFolder> {
  const reader = cluster.descriptor.guideReader;
  if (reader === undefined) throw new Error(`provider ${cluster.descriptor.provider} has no folder with the guide's scripts`);
  const name = `conform-reader-${nonce()}`;
  const [program, date, curl, gpg] = await Promise.all(
    ['reader-folder.sh', 'standing-date.sh', 'noting-curl.sh', 'quiet-gpg.sh'].map(text),
  );
  const folder = [...reader, 'sh', '-c', program ?? '', 'reader-folder.sh'];
  const printed = await changes.command(
    {
      what: `remove the folder ${name} at ${atWorkstation}`,
      run: [...folder, 'make', name, date ?? '', curl ?? '', gpg ?? ''],
      undo: [...folder, 'remove', name],
    },
    signal,
  );
  const [made = '', path = ''] = printed.split('\n');
  return { folder: made, path };
}

async function text(file: string): Promise<string> {
  return readFile(`${import.meta.dirname}/${file}`, 'utf8');
}

/** Runs a command there; how it ends is a value. */
export async function runNoted({ cluster, signal }: Reader, { folder, path }: NotedFolder, run: NotedRun): Promise<Noted> {
  const { command, now, zone, answer, isDead } = run;
  const answerFile = 'canned';
  const variables = [
    `PATH=${path}`,
    `CONFORM_FOLDER=${folder}`,
    ...(now === undefined ? [] : [`CONFORM_NOW=${now}`]),
    ...(zone === undefined ? [] : [`TZ=${zone}`]),
    ...(answer === undefined ? [] : [`CONFORM_ANSWER=${answerFile}`]),
    ...(isDead === undefined ? [] : ['CONFORM_DEAD=yes']),
    'CONFORM_PASSPHRASE=for-the-check-only',
  ];
  const program = 'cd "$0" && rm -f calls answer canned && cat >canned && exec "$@"';
  const ended = await cluster.runAsReader(['env', ...variables, 'sh', '-c', program, folder, ...command], signal, answer ?? '');
  const [calls, served] = [await fileOf({ cluster, signal }, `${folder}/calls`), await fileOf({ cluster, signal }, `${folder}/answer`)];
  return { ...ended, calls: calls.split('\n').filter((line) => line !== ''), served };
}

/** The text of a file at the reader's; empty where there is none. */
export async function fileOf({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>, path: string): Promise<string> {
  const { code, stdout } = await cluster.runAsReader(['cat', path], signal);
  return code === 0 ? stdout : '';
}

/** The window that a call of curl asks for; undefined where it asks for none. */
export function askedWindow(call: string | undefined): string | undefined {
  return /\bwindow=(\S+)/.exec(call ?? '')?.[1];
}
