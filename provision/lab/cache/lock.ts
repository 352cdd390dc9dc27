import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isSameProcess, processStart } from '../../../harness/engine/process-identity.ts';
import type { Work } from '../../../harness/engine/work.ts';

/** A process, told apart from a later one with the same ID. */
export const holderFile = z.object({
  pid: z.number().int().positive(),
  /** Start of the process in clock ticks since boot: tells a process from a later one with the same id. */
  startTicks: z.string(),
  /** RFC 3339. */
  since: z.string(),
});

export type Holder = z.infer<typeof holderFile>;

const pollMs = 300;

/** Runs the task while this process holds the lock file. While another living process holds it, waits and names that one. */
export async function withLock<T>(work: Work, file: string, task: () => Promise<T>): Promise<T> {
  let seen: number | undefined;
  while (!(await take(file))) {
    seen = await waitForHolder(work, file, seen);
  }
  try {
    return await task();
  } finally {
    await rm(file, { force: true });
  }
}

/** What came of asking for a lock without waiting. */
export type LockAnswer =
  | { readonly kind: 'taken'; release(): Promise<void> }
  | { readonly kind: 'held'; readonly pid: number; readonly since: string };

/** Takes the lock file if no living process holds it, else says who does. */
export async function tryLock(file: string): Promise<LockAnswer> {
  for (;;) {
    if (await take(file)) return { kind: 'taken', release: () => rm(file, { force: true }) };
    const holder = await readHolder(file);
    if (holder === undefined) continue;
    if (await isAlive(holder)) return { kind: 'held', pid: holder.pid, since: holder.since };
    await discard(file);
  }
}

/** The living process that holds the lock file, if one does. */
export async function lockHolder(file: string): Promise<Holder | undefined> {
  const holder = await readHolder(file);
  return holder !== undefined && (await isAlive(holder)) ? holder : undefined;
}

/** A link appears with its content or not at all, so nobody ever reads half a lock. */
async function take(file: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, JSON.stringify(await thisProcess()));
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Waits a moment and returns the holder's process id; says who it is unless that was `seen` before. */
async function waitForHolder(work: Work, file: string, seen: number | undefined): Promise<number | undefined> {
  const holder = await readHolder(file);
  if (holder === undefined) return undefined;
  if (!(await isAlive(holder))) {
    await discard(file);
    return undefined;
  }
  if (holder.pid !== seen) work.say(`waiting for process ${holder.pid}, which is making the same thing since ${holder.since}`);
  await sleep(pollMs, undefined, { signal: work.signal });
  return holder.pid;
}

/** Moves a dead process's lock away; a living one that was taken in between is put back. */
async function discard(file: string): Promise<void> {
  const aside = `${file}.dead-${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const holder = await readHolder(aside);
  if (holder !== undefined && (await isAlive(holder))) {
    await rename(aside, file);
    return;
  }
  await rm(aside, { force: true });
}

async function readHolder(file: string): Promise<Holder | undefined> {
  const text = await readIfThere(file);
  return text === undefined ? undefined : holderFile.parse(JSON.parse(text));
}

/** Whether that very process still runs. */
export async function isAlive(holder: Holder): Promise<boolean> {
  return isSameProcess(holder.pid, holder.startTicks);
}

export async function thisProcess(): Promise<Holder> {
  const ticks = processStart(process.pid) ?? 'unknown';
  return { pid: process.pid, startTicks: ticks, since: new Date().toISOString() };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
