import { dirname } from 'node:path';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import { makeFolder } from '../make-folder.ts';
import { type LockAnswer, tryLock } from './cache/lock.ts';

/** Runs the task as the only one at work on a lab's state folder; a second one is refused at once, naming the first. */
export async function withLabLock<T>(folder: string, what: string, task: () => Promise<T>): Promise<T> {
  const lock = await lockOf(folder);
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

/** Asks for the lock, in the folder of all labs, which is made. Throws a Problem where that cannot be made or written. */
async function lockOf(folder: string): Promise<LockAnswer> {
  try {
    await makeFolder(dirname(folder));
    return await tryLock(`${folder}.lock`);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new Problem(
      exitCode.usage,
      {
        expected: `a folder for the state of labs that can be written: ${dirname(folder)}`,
        saw: error.message,
        next: 'set CONFORM_STATE to a folder that can be written',
      },
      error,
    );
  }
}
