import { statfs } from 'node:fs/promises';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';

/** Throws a Problem when a folder's file system has less than this many GiB free for what is to be done there. */
export async function requireFreeDisk(folder: string, needed: { gib: number; to: string; mend: string }): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeGiB = (bavail * bsize) / 2 ** 30;
  if (freeGiB >= needed.gib) return;
  throw new Problem(exitCode.provider, {
    expected: `${needed.gib} GiB of free disk under ${folder} to ${needed.to}`,
    saw: `${freeGiB.toFixed(1)} GiB`,
    next: needed.mend,
  });
}
