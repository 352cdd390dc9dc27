import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Replayed } from '../engine/changes/replay-journal.ts';
import { leftMark } from '../engine/runner/marks.ts';
import type { ClusterDescriptor } from './descriptor.ts';

/** What a replay prints for a change that it took back. */
export const undoneMark = 'undone: ';

/** Takes back what a run left, from where the checks run: its API may be reachable from nowhere else. */
export async function replayJournal(
  cluster: Pick<ClusterDescriptor, 'runner' | 'kubeconfig' | 'profile'>,
  journal: string,
): Promise<Replayed> {
  const [program, ...args] = [
    ...cluster.runner,
    process.execPath,
    join(import.meta.dirname, 'replay-program.ts'),
    cluster.kubeconfig,
    cluster.profile,
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
