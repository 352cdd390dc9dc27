import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Work } from '../../../harness/work.ts';
import { withLock } from './lock.ts';

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
