import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Work } from '../../../harness/engine/work.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Is given each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
}

export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly output: string }
  | { readonly kind: 'not-found'; readonly output: '' };

/** How long a command has to clean up after itself when it is told to stop. */
const graceMs = 3_000;

/** Exit code of setpriv(1) and of shells. */
const commandNotFound = 127;

/**
 * Runs a command in a process group of its own, which ends with the work and with this process, grandchildren included.
 * When this process is killed, the command is killed too (PDEATHSIG); the command's own children may then still finish.
 * `output` is stdout and stderr as they came. Throws the signal's reason when the work was stopped.
 */
export async function runCommand(work: Work, command: Command): Promise<CommandEnd> {
  work.signal.throwIfAborted();
  const child = execa('setpriv', ['--pdeathsig', 'KILL', '--', command.file, ...command.args], {
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.env === undefined ? {} : { env: { ...command.env } }),
    all: true,
    reject: false,
    detached: true,
    stdin: 'ignore',
  });
  if (command.onLine !== undefined) createInterface({ input: child.all }).on('line', command.onLine);
  const stop = stopper(child.pid);
  const kill = () => signalGroup(child.pid, 'SIGKILL');
  work.signal.addEventListener('abort', stop.start, { once: true });
  process.once('exit', kill);
  try {
    const end = await child;
    work.signal.throwIfAborted();
    if (end.exitCode === commandNotFound && end.all.startsWith('setpriv: failed to execute')) return { kind: 'not-found', output: '' };
    if (end.signal !== undefined) return { kind: 'killed', signal: end.signal, output: end.all };
    if (end.exitCode === undefined) throw new Error(`${command.file} could not be started`, { cause: end });
    return { kind: 'exited', code: end.exitCode, output: end.all };
  } finally {
    work.signal.removeEventListener('abort', stop.start);
    process.removeListener('exit', kill);
    stop.finish();
  }
}

/** True when it ran and ended with 0. */
export function succeeded(end: CommandEnd): boolean {
  return end.kind === 'exited' && end.code === 0;
}

/** The end of a command in words: its exit code or signal, and the last lines that it wrote. */
export function describeEnd(end: CommandEnd, lines: number): string {
  if (end.kind === 'not-found') return 'the command was not found';
  const how = end.kind === 'killed' ? `killed by ${end.signal}` : `exit code ${end.code}`;
  return [how, ...end.output.trimEnd().split('\n').slice(-lines)].join('\n');
}

function stopper(pid: number | undefined): { start: () => void; finish: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  return {
    start: () => {
      stopped = true;
      signalGroup(pid, 'SIGTERM');
      timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    },
    finish: () => {
      clearTimeout(timer);
      if (stopped) signalGroup(pid, 'SIGKILL');
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
