import { randomUUID } from 'node:crypto';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { Phase } from '../../provider.ts';
import { makeFolder } from '../../make-folder.ts';
import { areas } from './areas.ts';
import { type Holder, holderFile, isAlive, lockHolder, thisProcess, tryLock } from './lock.ts';

/** Pruning takes minutes at most. */
const prunedWithinMs = 600_000;

/**
 * Runs a task that needs entries of the cache to stay where they are: nothing is pruned meanwhile. Waits for a pruning that has begun.
 * Whoever uses says so before he looks whether somebody prunes, and whoever prunes the other way round: one of them sees the other.
 */
export async function usingCache<T>(cache: string, phase: Phase, task: () => Promise<T>): Promise<T> {
  const file = await register(cache);
  try {
    if ((await lockHolder(pruneLock(cache))) !== undefined)
      await phase('Wait for the cache to be pruned', (work) => pruned(cache, work.signal));
    return await task();
  } finally {
    if (file !== undefined) await rm(file, { force: true });
  }
}

/** Undefined in a cache that is read-only: nobody prunes there. */
async function register(cache: string): Promise<string | undefined> {
  const file = join(usersFolder(cache), randomUUID());
  try {
    await makeFolder(usersFolder(cache));
    await writeFile(file, JSON.stringify(await thisProcess()));
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') return undefined;
    throw error;
  }
}

type User = Pick<Holder, 'pid' | 'since'>;

/** What came of asking to be alone. */
type Alone<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'in-use'; readonly by: User };

/** Runs a task that takes entries away, unless another process uses the cache or takes entries away itself. */
export async function aloneInCache<T>(cache: string, task: () => Promise<T>): Promise<Alone<T>> {
  await makeFolder(usersFolder(cache));
  const lock = await tryLock(pruneLock(cache));
  if (lock.kind === 'held') return { kind: 'in-use', by: lock };
  try {
    const [by] = await livingUsers(cache);
    if (by !== undefined) return { kind: 'in-use', by };
    return { kind: 'done', value: await task() };
  } finally {
    await lock.release();
  }
}

/** What a user is told whose command would take away what another one uses. */
export function cacheInUse(cache: string, by: User): Problem {
  return new Problem(exitCode.usage, {
    expected: `no other command at work with the cache ${cache}`,
    saw: `process ${by.pid} since ${by.since}`,
    next: 'wait until it has ended; a lab that stands is no hindrance',
  });
}

/** Processes other than this one that use the cache; what dead ones have left is removed. */
async function livingUsers(cache: string): Promise<Holder[]> {
  const files = (await readdir(usersFolder(cache))).map((name) => join(usersFolder(cache), name));
  const users = await Promise.all([...files.map((file) => livingUser(file)), ...(await entryLocks(cache)).map(lockHolder)]);
  return users.filter((user) => user !== undefined).filter(({ pid }) => pid !== process.pid);
}

/** Undefined for one that is gone, and for a file that is half written: its writer will see the lock. */
async function livingUser(file: string): Promise<Holder | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '') return undefined;
  const holder = holderFile.parse(JSON.parse(text));
  if (await isAlive(holder)) return holder;
  await rm(file, { force: true });
}

/** Locks of entries that are being filled, also by a version that does not say that it uses the cache. */
async function entryLocks(cache: string): Promise<string[]> {
  const names = await Promise.all(
    areas.map(async (area) => {
      const inArea = await readdir(join(cache, area)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      return inArea.filter((name) => name.endsWith('.lock')).map((name) => join(cache, area, name));
    }),
  );
  return names.flat();
}

async function pruned(cache: string, signal: AbortSignal): Promise<void> {
  await until('the cache to be pruned', { timeoutMs: prunedWithinMs, everyMs: 200, signal }, async () => {
    const holder = await lockHolder(pruneLock(cache));
    return holder === undefined ? { done: undefined } : { notYet: `process ${holder.pid} prunes it` };
  });
}

function usersFolder(cache: string): string {
  return join(cache, 'users');
}

function pruneLock(cache: string): string {
  return join(cache, 'prune.lock');
}
