import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindInOtherNamespace } from './bind-for-test.ts';
import { findSuperfluous, removeEntries } from './prune.ts';

const named = ['components/etcd-1111', 'rootfs/node-2222', 'images/3333-4444'];
const work = { signal: new AbortController().signal, say: () => undefined };

describe('entries of other versions', () => {
  let cache = '';
  const make = (...entries: string[]): Promise<unknown> =>
    Promise.all(entries.map((entry) => mkdir(join(cache, entry, 'bin'), { recursive: true })));

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'conform-prune-'));
  });
  afterEach(() => rm(cache, { recursive: true }));

  it('are those that this version does not name', async () => {
    await make('components/etcd-1111', 'components/etcd-0000', 'rootfs/node-2222', 'images/3333-4444', 'images/3333-0000');
    expect(await findSuperfluous({ cache, named })).toEqual({ entries: ['components/etcd-0000', 'images/3333-0000'], inUse: [] });
  });

  it('are no other folder of the cache, and no file', async () => {
    await make('toolchain/node-1', 'users', 'node-compile-cache/v24', 'components/etcd-1111');
    await writeFile(join(cache, 'components/etcd-0000.lock'), '');
    expect((await findSuperfluous({ cache, named })).entries).toEqual([]);
  });

  it('are also half filled folders, even of an entry of this version', async () => {
    await make('components/etcd-1111.partial-abcd');
    expect((await findSuperfluous({ cache, named })).entries).toEqual(['components/etcd-1111.partial-abcd']);
  });

  it('are left for a while where that is asked for', async () => {
    await make('components/etcd-0000');
    expect((await findSuperfluous({ cache, named, unusedForMs: 60_000 })).entries).toEqual([]);
  });

  it('are none where there is no cache', async () => {
    expect(await findSuperfluous({ cache: join(cache, 'none'), named })).toEqual({ entries: [], inUse: [] });
  });

  it('are removed as a whole, and nothing else', async () => {
    await make('components/etcd-1111', 'components/etcd-0000', 'components/etcd-1111.partial-abcd');
    const { entries } = await findSuperfluous({ cache, named });
    await removeEntries(work, cache, entries);
    expect(await readdir(join(cache, 'components'))).toEqual(['etcd-1111']);
  });

  it('stay from the interrupt on', async () => {
    await make('components/etcd-0000');
    const stopped = { ...work, signal: AbortSignal.abort(new Error('interrupted')) };
    await expect(removeEntries(stopped, cache, ['components/etcd-0000'])).rejects.toThrow('interrupted');
    expect(await readdir(join(cache, 'components'))).toEqual(['etcd-0000']);
  });

  it.skipIf(process.getuid?.() !== 0)('stay while a lab has them mounted', { timeout: 30_000 }, async () => {
    await make('components/etcd-0000', 'components/coredns-0000', 'target');
    const unmount = await bindInOtherNamespace(join(cache, 'components/etcd-0000/bin'), join(cache, 'target'));
    try {
      expect(await findSuperfluous({ cache, named })).toEqual({ entries: ['components/coredns-0000'], inUse: ['components/etcd-0000'] });
    } finally {
      await unmount();
    }
  });
});
