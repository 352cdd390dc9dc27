import { statfs } from 'node:fs/promises';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';

/** One lab: images are hard links; databases, logs and what pods write take some hundred MiB, measured over rehearsals. */
export const labGiB = 3;

/** GiB that this user may still write to the file system of a folder that exists. */
export async function freeGiB(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return (bavail * bsize) / 2 ** 30;
}

/** Throws a Problem when a folder's file system has less than this many GiB free for what is to be done there. */
export async function requireFreeDisk(folder: string, needed: { gib: number; to: string; mend: string }): Promise<void> {
  const free = await freeGiB(folder);
  if (free >= needed.gib) return;
  throw new Problem(exitCode.provider, {
    expected: `${needed.gib} GiB of free disk under ${folder} to ${needed.to}`,
    saw: `${free.toFixed(1)} GiB`,
    next: needed.mend,
  });
}
