import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { processStart } from '../../../harness/engine/process-identity.ts';
import type { Phase } from '../../provider.ts';
import { aloneInCache, cacheInUse, usingCache } from './users.ts';

const since = '2026-01-01T00:00:00Z';

describe('users of the cache', () => {
  let cache = '';
  const phases: string[] = [];
  const phase: Phase = (title, run) => {
    phases.push(title);
    return run({ signal: new AbortController().signal, say: () => undefined });
  };
  const other = async (): Promise<ChildProcess> => {
    const child = spawn('sleep', ['60']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    return child;
  };
  const record = async (path: string, { pid = 0 }: ChildProcess, startTicks = processStart(pid)): Promise<void> => {
    await mkdir(join(cache, path, '..'), { recursive: true });
    await writeFile(join(cache, path), JSON.stringify({ pid, startTicks, since }));
  };

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'conform-users-'));
    phases.length = 0;
  });
  afterEach(() => rm(cache, { recursive: true }));

  it('leave no trace, also when they fail', async () => {
    expect(await usingCache(cache, phase, async () => 'used')).toBe('used');
    await expect(usingCache(cache, phase, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    expect(await readdir(join(cache, 'users'))).toEqual([]);
  });

  it('are no hindrance to the same process', async () => {
    expect(await usingCache(cache, phase, () => aloneInCache(cache, async () => 'pruned'))).toEqual({ kind: 'done', value: 'pruned' });
  });

  it.each(['users/some', 'components/etcd-1111.lock', 'images/2222.lock'])('keep others from pruning while they live: %s', async (path) => {
    const child = await other();
    await record(path, child);
    expect(await aloneInCache(cache, async () => 'pruned')).toMatchObject({ kind: 'in-use', by: { pid: child.pid, since } });
  });

  it('are no hindrance once they are dead', async () => {
    await record('users/some', await other(), '1');
    expect(await aloneInCache(cache, async () => 'pruned')).toEqual({ kind: 'done', value: 'pruned' });
    expect(await readdir(join(cache, 'users'))).toEqual([]);
  });

  it('wait until a pruning of another process has ended', async () => {
    const child = await other();
    await record('prune.lock', child);
    const endsWhileWaitedFor: Phase = (title, run) => {
      child.kill('SIGKILL');
      return phase(title, run);
    };
    expect([await usingCache(cache, endsWhileWaitedFor, async () => 'used'), phases]).toEqual([
      'used',
      ['Wait for the cache to be pruned'],
    ]);
  });

  it('do not prune beside another that prunes', async () => {
    const child = await other();
    await record('prune.lock', child);
    expect(await aloneInCache(cache, async () => 'pruned')).toMatchObject({ kind: 'in-use', by: { pid: child.pid, since } });
  });

  it('are named to whom they hinder', () => {
    expect(cacheInUse('/cache', { pid: 7, since }).format()).toContain(`process 7 since ${since}`);
  });
});
