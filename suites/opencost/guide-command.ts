import { readFile } from 'node:fs/promises';
import type { Profile } from '../../guide/cluster.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { CommandAnswer } from '../../harness/platform/cluster.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { atWorkstation } from '../isolation/provisioning/guide-script.ts';

/** Commands that the guide gives its reader, each a file in `commands/`. */
type CommandName =
  | 'namespaces-7d'
  | 'tenant-30d'
  | 'deployments-7d'
  | 'assets-7d'
  | 'month-to-date'
  | 'prices'
  | 'daily-snapshot'
  | 'health-api'
  | 'health-check'
  | 'load-balancers'
  | 'trouble-code'
  | 'trouble-logs'
  | 'trouble-prometheus';

/** The text of a command in the form of the profile; a command without an erratum has one form. */
export async function guideCommand(name: CommandName, profile: Profile): Promise<string> {
  const [own, both] = [`${name}.${profile}.sh`, `${name}.sh`].map((file) => `${import.meta.dirname}/commands/${file}`);
  const text = await readFile(own ?? '', 'utf8').catch(unlessMissing);
  return text ?? readFile(both ?? '', 'utf8');
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

/** Runs a command as the guide's reader does, by bash in the reader's folder, with variables of its own; how it ends is a value. */
export async function runCommand(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  text: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandAnswer> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return cluster.runAsReader(['env', ...variables, 'bash', '-c', text], signal);
}

/** JSON documents one after another, as jq prints them: each begins at the beginning of a line. Throws for what is none. */
export function documentsIn(printed: string): unknown[] {
  const texts = printed.trim() === '' ? [] : printed.trim().split(/\n(?=[[{n])/);
  return texts.map((text) => JSON.parse(text) as unknown);
}

/** A command that ends with 0. */
export function endsWell(subject: string, { code, stdout, stderr }: CommandAnswer): Measured {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return {
    subject,
    vantage: atWorkstation,
    expected: 'exit code 0',
    saw: code === 0 ? 'exit code 0' : `exit code ${code}: ${last}`,
    held: code === 0,
    raw: { code, stdout: stdout.slice(0, 4000), stderr: stderr.slice(0, 2000) },
  };
}
