import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { processStat } from './process-identity.ts';

/**
 * Kills a child that still runs, with all that descends from it. A signal to the child alone would leave them at work: nsenter, for
 * example, is only the parent of what it runs in another namespace of processes. They are found by their parents and not by a
 * process group of their own, because Ctrl-C reaches the terminal's group alone.
 */
export function killTree({ pid, exitCode, signalCode }: Pick<ChildProcess, 'pid' | 'exitCode' | 'signalCode'>): void {
  // The number of a child that has ended may be another process's by now.
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  const tree = new Set<number>();
  // A stopped process starts no other, and the children of a dead one are found no more: all are stopped before the first one dies.
  for (let found = [pid]; found.length > 0; found = childrenOf(tree)) {
    for (const each of found) {
      tree.add(each);
      send(each, 'SIGSTOP');
    }
  }
  for (const each of tree) send(each, 'SIGKILL');
}

/** Those that are not among the parents themselves. */
function childrenOf(parents: ReadonlySet<number>): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && !parents.has(pid) && parents.has(Number(processStat(pid)?.[1])));
}

/** One that has ended meanwhile needs no signal, and one of another user takes none. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

/** Waits for the end of a command that execa has started; by the signal it is killed, with all that descends from it. */
export async function endingWith<T>(stop: AbortSignal, running: Promise<T> & { readonly nodeChildProcess: ChildProcess }): Promise<T> {
  const end = (): void => killTree(running.nodeChildProcess);
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  try {
    return await running;
  } finally {
    stop.removeEventListener('abort', end);
  }
}
