import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ClusterDescriptor } from '../../platform/descriptor.ts';
import { leftMark } from '../runner/marks.ts';

/** What a replay prints for a change that it took back. */
export const undoneMark = 'undone: ';

export interface Replayed {
  readonly undone: readonly string[];
  /** What could not be taken back, and why; the journal keeps it. */
  readonly left: readonly string[];
}

/** Takes back what a run left, from where the checks run: its API may be reachable from nowhere else. */
export async function replayJournal(cluster: Pick<ClusterDescriptor, 'runner' | 'kubeconfig'>, journal: string): Promise<Replayed> {
  const [program, ...args] = [
    ...cluster.runner,
    process.execPath,
    join(import.meta.dirname, 'replay-program.ts'),
    cluster.kubeconfig,
    journal,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors, [code]] = (await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])) as [
    string,
    string,
    [number | null],
  ];
  const told = (mark: string): string[] => out.split('\n').flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : []));
  const failure =
    code === 0 ? [] : [`the program that undoes changes ended with ${code}: ${errors.trim().split('\n').slice(-3).join(' ')}`];
  return { undone: told(undoneMark), left: [...told(leftMark), ...failure] };
}
