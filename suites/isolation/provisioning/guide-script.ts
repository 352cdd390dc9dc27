import { readFile } from 'node:fs/promises';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';

/** The parts of a check's context with which scripts are run. */
export type ScriptContext = Pick<CheckContext, 'cluster' | 'changes' | 'signal'>;

/** Where the guide's reader works. */
export const atWorkstation = 'the admin workstation';

/** Variables of a script; undefined takes one away. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The conditions of a command of the reader's. */
export interface ReaderRun {
  readonly environment: Environment;
  /** Another folder than the reader's own. */
  readonly folder?: string;
}

/** One run of a script of the guide. */
export interface ScriptRun extends ReaderRun {
  readonly script: 'apply-tenant-isolation.sh' | 'provision-tenant.sh';
  readonly arguments?: readonly string[];
}

/** Runs a script of the guide as its reader does; how it ends is a value. */
export async function runScript(
  context: Pick<ScriptContext, 'cluster' | 'signal'>,
  { script, arguments: words = [], ...rest }: ScriptRun,
): Promise<CommandAnswer> {
  return runAsReader(context, [`./${script}`, ...words], rest);
}

/** Runs a command with an environment as the guide's reader; how it ends is a value. */
export async function runAsReader(
  { cluster, signal }: Pick<ScriptContext, 'cluster' | 'signal'>,
  command: readonly string[],
  { environment, folder = '.' }: ReaderRun,
): Promise<CommandAnswer> {
  const variables = Object.entries(environment).map(([name, value]) => (value === undefined ? `-${name}` : `${name}=${value}`));
  return cluster.runAsReader([...(await shell('run-in-folder.sh')), folder, ...variables, '--', ...command], signal);
}

/** A folder with the scripts and the kubeconfig of the reader's own, and nothing else of it: no key of Canine. */
export async function bareFolder(context: ScriptContext): Promise<string> {
  const [folder = ''] = await makeFolder(context, 'with-scripts');
  return folder;
}

/** A folder of the reader's where another program is found as `kubectl`. */
export interface KubectlFolder {
  readonly folder: string;
  /** The search path that finds it first. */
  readonly path: string;
}

/** Makes such a folder: dry-run-kubectl.sh lets the server try changes and keep none, log-kubectl.sh notes each call. */
export async function kubectlFolder(context: ScriptContext, program: 'dry-run-kubectl.sh' | 'log-kubectl.sh'): Promise<KubectlFolder> {
  const [folder = '', path = ''] = await makeFolder(context, 'with-kubectl', await programText(program));
  return { folder, path };
}

async function makeFolder({ cluster, changes, signal }: ScriptContext, action: string, ...words: readonly string[]): Promise<string[]> {
  const reader = cluster.descriptor.guideReader;
  if (reader === undefined) throw new Error(`provider ${cluster.descriptor.provider} has no folder with the guide's scripts`);
  const name = `conform-reader-${nonce()}`;
  const folder = [...reader, ...(await shell('reader-folder.sh'))];
  const printed = await changes.command(
    {
      what: `remove the folder ${name} at ${atWorkstation}`,
      run: [...folder, action, name, ...words],
      undo: [...folder, 'remove', name],
    },
    signal,
  );
  return printed.split('\n');
}

/** A shell program of this folder as a command, without a file at the other end. */
async function shell(program: string): Promise<string[]> {
  return ['sh', '-c', await programText(program), program];
}

async function programText(program: string): Promise<string> {
  return readFile(`${import.meta.dirname}/${program}`, 'utf8');
}

/** A script that ends well. */
export function succeeds(subject: string, answer: CommandAnswer): Measured {
  return { subject, vantage: atWorkstation, expected: 'exit code 0', saw: endText(answer), held: answer.code === 0, raw: answer };
}

/** A script that ends with an error, and prints nothing that its reader would take for success. */
export function refuses(subject: string, answer: CommandAnswer): Measured {
  const claims = answer.stdout.split('\n').filter((line) => successLine.test(line));
  return {
    subject,
    vantage: atWorkstation,
    expected: 'an exit code other than 0, and no line of success',
    saw: [endText(answer), ...claims].join('; '),
    held: answer.code !== 0 && claims.length === 0,
    raw: answer,
  };
}

/** The lines that the guide's scripts print when they have done their work (Step 6, Step 8). */
const successLine = /is isolated|Tenant provisioned/;

/** How a command ended, with its last words where that was badly. */
export function endText({ code, stderr }: CommandAnswer): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return code === 0 || last === '' ? `exit code ${code}` : `exit code ${code}: ${last}`;
}
