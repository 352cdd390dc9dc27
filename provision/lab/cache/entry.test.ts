import { mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureEntry } from './entry.ts';

describe('ensureEntry', () => {
  let cache = '';
  const work = { signal: new AbortController().signal, say: () => undefined };
  const fillWith = (text: string) => (folder: string) => writeFile(join(folder, 'file'), text);

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'conform-entry-'));
  });
  afterEach(() => rm(cache, { recursive: true }));

  it('fills an entry once', async () => {
    const entry = join(cache, 'entry');
    await ensureEntry(work, entry, fillWith('first'));
    await ensureEntry(work, entry, fillWith('second'));
    expect(await readFile(join(entry, 'file'), 'utf8')).toBe('first');
  });

  it('marks an entry as used whenever it is asked for', async () => {
    const entry = join(cache, 'entry');
    await ensureEntry(work, entry, fillWith('first'));
    await utimes(entry, new Date(0), new Date(0));
    await ensureEntry(work, entry, fillWith('second'));
    expect((await stat(entry)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  });

  it('leaves nothing of an entry that failed half-way', async () => {
    const failing = async (folder: string) => {
      await fillWith('half')(folder);
      throw new Error('disk full');
    };
    await expect(ensureEntry(work, join(cache, 'entry'), failing)).rejects.toThrow('disk full');
    expect(await readdir(cache)).toEqual([]);
  });

  it('does not use what a killed process left, and removes it', async () => {
    await mkdir(join(cache, 'entry.partial-00000000'));
    await writeFile(join(cache, 'entry.lock'), JSON.stringify({ pid: 2 ** 22 + 1, startTicks: '1', since: '2026-01-01T00:00:00Z' }));
    await ensureEntry(work, join(cache, 'entry'), fillWith('whole'));
    expect(await readdir(cache)).toEqual(['entry']);
    expect(await readFile(join(cache, 'entry', 'file'), 'utf8')).toBe('whole');
  });

  it('is filled by one of several that want it at once', async () => {
    let fills = 0;
    const fill = async (folder: string) => {
      fills += 1;
      await fillWith('whole')(folder);
    };
    await Promise.all([1, 2, 3].map(() => ensureEntry(work, join(cache, 'entry'), fill)));
    expect(fills).toBe(1);
  });

  it('does not appear when the work is stopped while it is filled', async () => {
    const stop = new AbortController();
    const filling = ensureEntry({ ...work, signal: stop.signal }, join(cache, 'entry'), async () => stop.abort());
    await expect(filling).rejects.toThrow();
    expect(await readdir(cache)).toEqual([]);
  });
});
