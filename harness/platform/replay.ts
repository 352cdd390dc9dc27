import { join } from 'node:path';
import type { Replayed } from '../engine/changes/replay-journal.ts';
import { converse } from '../engine/runner/conversation.ts';
import type { RunEvent } from '../engine/runner/events.ts';
import type { ClusterDescriptor } from './descriptor.ts';

/** Every change has its own deadline (changes.ts); a replay that goes on after this time hangs. */
const replayDeadlineMs = 900_000;

/**
 * Takes back what a run left, from where the checks run: its API may be reachable from nowhere else. Ends soon after the signal,
 * with what it had taken back by then.
 */
export async function replayJournal(
  cluster: Pick<ClusterDescriptor, 'runner' | 'kubeconfig' | 'profile'>,
  journal: string,
  signal: AbortSignal,
): Promise<Replayed> {
  const undone: string[] = [];
  const left: string[] = [];
  let isWhole = false;
  const take = (event: RunEvent): void => {
    if (event.kind === 'undone') undone.push(event.text);
    if (event.kind === 'left-behind') left.push(event.text);
    if (event.kind === 'ended') isWhole = true;
  };
  const { code, lastLines } = await converse(
    {
      command: [...cluster.runner, process.execPath, join(import.meta.dirname, 'replay-program.ts')],
      task: { kubeconfig: cluster.kubeconfig, profile: cluster.profile, journal },
      signal,
      deadlineMs: replayDeadlineMs,
    },
    take,
  );
  if (isWhole) return { undone, left };
  const why = signal.aborted ? 'the time for it was over' : `it ended with ${code}: ${lastLines.split('\n').slice(-3).join(' ')}`;
  return { undone, left: [...left, `what else ${journal} has: the program that undoes changes did not end (${why})`] };
}
