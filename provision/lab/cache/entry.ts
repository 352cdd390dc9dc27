import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { Work } from '../../../harness/engine/work.ts';
import { withLock } from './lock.ts';

/** Fills the folder that it is given; what it leaves there becomes the entry. */
export type Fill = (temporary: string) => Promise<void>;

/** In the name of a folder that is being filled or taken away, and is no entry. */
export const partial = '.partial-';

/**
 * Makes a folder of the cache unless it is there. It appears complete or not at all: it is filled under another name
 * and renamed at the end, by one process at a time.
 */
export async function ensureEntry(work: Work, folder: string, fill: Fill): Promise<void> {
  if (existsSync(folder)) return markUsed(folder);
  await mkdir(dirname(folder), { recursive: true });
  await withLock(work, `${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    await removeLeftovers(folder);
    await fillAndRename(work, folder, fill);
  });
}

async function fillAndRename(work: Work, folder: string, fill: Fill): Promise<void> {
  const temporary = `${folder}${partial}${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(temporary);
    await fill(temporary);
    work.signal.throwIfAborted();
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What is never used is pruned some day: the folder's inode was changed last when the entry was made or used. A cache may be read-only. */
async function markUsed(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now).catch((error: NodeJS.ErrnoException) => {
    if (!['EROFS', 'EPERM', 'EACCES', 'ENOENT'].includes(error.code ?? '')) throw error;
  });
}

/** Half-filled folders of processes that were killed; whoever holds the lock may remove them. */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}${partial}`;
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(prefix)) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}
