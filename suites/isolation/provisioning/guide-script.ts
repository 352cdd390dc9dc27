import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import type { CommandAnswer } from '../../../harness/platform/cluster.ts';

/** Where scripts are run: what of a check's context that takes. */
export type ScriptContext = Pick<CheckContext, 'cluster' | 'changes' | 'signal'>;

const atWorkstation = 'the reader of the guide, at the admin workstation';

/** One run of a script of the guide. */
export interface ScriptRun {
  readonly script: 'apply-tenant-isolation.sh' | 'provision-tenant.sh';
  readonly arguments?: readonly string[];
  /** Options and assignments for env(1), for example `NS=canine-alice`. */
  readonly environment: readonly string[];
  /** Another folder than the reader's own. */
  readonly folder?: string;
}

/** Runs a script of the guide as its reader does; how it ends is a value. */
export async function runScript({ cluster, signal }: Pick<ScriptContext, 'cluster' | 'signal'>, run: ScriptRun): Promise<CommandAnswer> {
  const folder = run.folder === undefined ? [] : [`--chdir=${run.folder}`];
  // Options of env(1) come before assignments.
  const options = run.environment.filter((each) => each.startsWith('-'));
  const assignments = run.environment.filter((each) => !each.startsWith('-'));
  return cluster.runAsReader(['env', ...folder, ...options, ...assignments, `./${run.script}`, ...(run.arguments ?? [])], signal);
}

/** A folder with the scripts and the kubeconfig of the reader's own, and nothing else of it: no key of Canine. */
export async function bareFolder(context: ScriptContext): Promise<string> {
  const folder = `/tmp/conform-reader-${randomBytes(4).toString('hex')}`;
  await makeFolder(context, folder, 'mkdir -m 700 "$1" && ln -s "$PWD/kubeconfig" "$PWD"/*.sh "$1/"');
  return folder;
}

/** The PATH on which `kubectl` changes nothing: what it would is tried by the server. */
export async function dryRunPath(context: ScriptContext): Promise<string> {
  const { cluster, signal } = context;
  const folder = `/tmp/conform-kubectl-${randomBytes(4).toString('hex')}`;
  await makeFolder(context, folder, 'mkdir -m 700 "$1"');
  const shim = await readFile(`${import.meta.dirname}/dry-run-kubectl.sh`, 'utf8');
  const written = await cluster.runAsReader(
    ['sh', '-c', 'cat >"$1/kubectl" && chmod +x "$1/kubectl" && printenv PATH', 'sh', folder],
    signal,
    shim,
  );
  if (written.code !== 0) throw new Error(`${folder}: ${written.stderr}`);
  return `PATH=${folder}:${written.stdout.trim()}`;
}

async function makeFolder({ cluster, changes, signal }: ScriptContext, folder: string, script: string): Promise<void> {
  const reader = cluster.descriptor.guideReader;
  if (reader === undefined) throw new Error(`provider ${cluster.descriptor.provider} has no folder with the guide's scripts`);
  await changes.command(
    {
      what: `remove ${folder} at the admin workstation`,
      run: [...reader, 'sh', '-c', script, 'sh', folder],
      undo: [...reader, 'rm', '-rf', folder],
    },
    signal,
  );
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

/** What the guide's scripts print when they have done their work (Step 6, Step 8). */
const successLine = /is isolated|Tenant provisioned/;

/** How a script ended, with its last words where that was badly. */
function endText({ code, stderr }: CommandAnswer): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return code === 0 || last === '' ? `exit code ${code}` : `exit code ${code}: ${last}`;
}
