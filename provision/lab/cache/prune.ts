import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Work } from '../../../harness/engine/work.ts';
import { areas } from './areas.ts';
import { partial } from './entry.ts';
import { pathsInUse } from './mounted.ts';

/** What the cache holds beside the entries of this version. */
export interface Superfluous {
  /** Entries that can go, as paths relative to the cache. */
  readonly entries: readonly string[];
  /** Entries that would go, were they not used by a lab or a process. */
  readonly inUse: readonly string[];
}

interface PruneOptions {
  readonly cache: string;
  /** Entries of this version, as paths relative to the cache. */
  readonly named: readonly string[];
  /** Only those that no version has used for so long; all when left out. */
  readonly unusedForMs?: number;
}

/** Finds entries that this version does not name, and folders that a killed process has half filled; removes nothing. */
export async function findSuperfluous({ cache, named, unusedForMs = 0 }: PruneOptions): Promise<Superfluous> {
  const found = (await Promise.all(areas.map((area) => foldersOf(cache, area)))).flat();
  const unnamed = found.filter((entry) => !named.includes(entry));
  const ages = await Promise.all(unnamed.map((entry) => unusedMs(join(cache, entry))));
  const old = unnamed.filter((_, index) => (ages[index] ?? 0) >= unusedForMs);
  if (old.length === 0) return { entries: [], inUse: [] };
  const used = await pathsInUse(cache);
  const isUsed = (entry: string): boolean => used.some((path) => path === entry || path.startsWith(`${entry}/`));
  return { entries: old.filter((entry) => !isUsed(entry)), inUse: old.filter(isUsed) };
}

/** Removes entries, each as a whole: first its name goes, then its files. Be alone in the cache (users.ts). */
export async function removeEntries(work: Work, cache: string, entries: readonly string[]): Promise<void> {
  for (const entry of entries) {
    work.signal.throwIfAborted();
    work.say(entry);
    const aside = `${join(cache, entry.split(partial)[0] ?? entry)}${partial}${randomUUID().slice(0, 8)}`;
    await rename(join(cache, entry), aside);
    await rm(aside, { recursive: true, force: true });
  }
}

async function foldersOf(cache: string, area: string): Promise<string[]> {
  const found = await readdir(join(cache, area), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return found.filter((each) => each.isDirectory()).map(({ name }) => join(area, name));
}

/** The time since a folder's inode was changed: an entry's is whenever it is used. */
async function unusedMs(folder: string): Promise<number> {
  return Date.now() - (await stat(folder)).ctimeMs;
}
