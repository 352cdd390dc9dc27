import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Work } from '../../../harness/engine/work.ts';
import { tryLock, withLock } from './lock.ts';

describe('withLock', () => {
  let folder = '';
  const said: string[] = [];
  const work: Work = { signal: new AbortController().signal, say: (detail) => said.push(detail) };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-lock-'));
    said.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lets one task in at a time and says who it waits for', async () => {
    const file = join(folder, 'lock');
    const order: string[] = [];
    const task = (name: string) => async () => {
      order.push(`${name} in`);
      await sleep(50);
      order.push(`${name} out`);
    };
    await Promise.all([withLock(work, file, task('a')), sleep(10).then(() => withLock(work, file, task('b')))]);
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out']);
    expect(said[0]).toContain(`process ${process.pid}`);
  });

  it('leaves no file behind, also when the task fails', async () => {
    await expect(withLock(work, join(folder, 'lock'), () => Promise.reject(new Error('task failed')))).rejects.toThrow('task failed');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from a process that is gone', async () => {
    const file = join(folder, 'lock');
    await writeFile(file, JSON.stringify({ pid: 2 ** 22 + 1, startTicks: '1', since: '2026-01-01T00:00:00Z' }));
    expect(await withLock(work, file, async () => 'in')).toBe('in');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from an earlier process of the same id', async () => {
    const file = join(folder, 'lock');
    await writeFile(file, JSON.stringify({ pid: process.pid, startTicks: '1', since: '2026-01-01T00:00:00Z' }));
    expect(await withLock(work, file, async () => 'in')).toBe('in');
  });

  it('stops waiting when the work is stopped', async () => {
    const file = join(folder, 'lock');
    const stop = new AbortController();
    await withLock(work, file, async () => {
      const waiting = withLock({ ...work, signal: stop.signal }, file, async () => 'in');
      stop.abort();
      await expect(waiting).rejects.toThrow();
    });
  });
});

describe('tryLock', () => {
  let folder = '';
  let file = '';
  const since = '2026-01-01T00:00:00Z';
  const startTicks = async (pid: number | undefined): Promise<string> => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  };
  const heldBy = async (holder: ChildProcess): Promise<void> =>
    writeFile(file, JSON.stringify({ pid: holder.pid, startTicks: await startTicks(holder.pid), since }));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-lock-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('takes a lock that nobody holds', async () => {
    expect((await tryLock(file)).kind).toBe('taken');
  });

  it('says at once who holds it when that is a living process', async () => {
    const holder = spawn('sleep', ['60']);
    try {
      await heldBy(holder);
      expect(await tryLock(file)).toEqual({ kind: 'held', pid: holder.pid, since });
    } finally {
      holder.kill();
    }
  });

  it('leaves the lock of a living process where it is', async () => {
    const holder = spawn('sleep', ['60']);
    try {
      await heldBy(holder);
      const before = await readFile(file, 'utf8');
      await tryLock(file);
      expect([await readdir(folder), await readFile(file, 'utf8')]).toEqual([['lock'], before]);
    } finally {
      holder.kill();
    }
  });

  it('takes over from a process that died', async () => {
    const holder = spawn('sleep', ['60']);
    await heldBy(holder);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect((await tryLock(file)).kind).toBe('taken');
  });

  it('takes over from an earlier process of the same id', async () => {
    await writeFile(file, JSON.stringify({ pid: process.pid, startTicks: '1', since }));
    expect((await tryLock(file)).kind).toBe('taken');
  });

  it('is held by whoever took it', async () => {
    await tryLock(file);
    expect(await tryLock(file)).toMatchObject({ kind: 'held', pid: process.pid });
  });

  it('goes to one of many that ask at once, also when a dead process holds it', async () => {
    await writeFile(file, JSON.stringify({ pid: 2 ** 22 + 1, startTicks: '1', since }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => tryLock(file)));
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
  });

  it('can be taken again after its release, which leaves no file behind', async () => {
    const first = await tryLock(file);
    if (first.kind === 'taken') await first.release();
    expect([await readdir(folder), (await tryLock(file)).kind]).toEqual([[], 'taken']);
  });
});
