import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import { tryLock } from './cache/lock.ts';

/** Runs the task as the only one at work on a lab's state folder; a second one is refused at once, naming the first. */
export async function withLabLock<T>(folder: string, what: string, task: () => Promise<T>): Promise<T> {
  await mkdir(dirname(folder), { recursive: true });
  const lock = await tryLock(`${folder}.lock`);
  if (lock.kind === 'held') {
    throw new Problem(exitCode.usage, {
      expected: 'no other command at work on the same lab',
      saw: `${what}: process ${lock.pid} since ${lock.since}`,
      next: 'wait for it, end it with Ctrl-C, or use another --name',
    });
  }
  try {
    return await task();
  } finally {
    await lock.release();
  }
}
