import { link, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import { exportEntries, importEntries } from './archive.ts';

const etcd = 'components/etcd-1111111111111111';
const coredns = 'components/coredns-2222222222222222';
const node = 'rootfs/node-3333333333333333';
const work = { signal: new AbortController().signal, say: () => undefined };

describe('an archive of the cache', { timeout: 60_000 }, () => {
  let folder = '';
  let [from, to, file] = ['', '', ''];
  const put = async (path: string, text: string, mode = 0o644): Promise<void> => {
    await mkdir(dirname(join(from, path)), { recursive: true });
    await writeFile(join(from, path), text, { mode });
  };
  const write = (...entries: string[]): Promise<unknown> => exportEntries(work, { cache: from, file, entries, version: '1.2.3' });
  const read = (...named: string[]): ReturnType<typeof importEntries> => importEntries(work, { cache: to, file, named });
  const refusal = async (...named: string[]): Promise<Problem> => {
    const error = await read(...named).catch((thrown: unknown) => thrown);
    if (error instanceof Problem) return error;
    throw new Error('no Problem', { cause: error });
  };
  const inCache = async (): Promise<string[]> => (await readdir(to, { recursive: true })).filter((path) => path.includes('/')).toSorted();
  /** An archive as somebody else might write it. */
  const forge = async (manifest: object | undefined, compress = zstdCompressSync): Promise<void> => {
    if (manifest !== undefined) await writeFile(join(from, 'conform-cache.json'), JSON.stringify(manifest));
    const names = [...(manifest === undefined ? [] : ['conform-cache.json']), 'components'];
    const { stdout } = await execa('tar', ['--create', '--file=-', '--directory', from, ...names], { encoding: 'buffer' });
    await writeFile(file, compress(stdout));
  };
  const ofEtcd = (changes: object = {}): object => ({
    format: 1,
    machine: process.arch,
    version: '1.2.3',
    writtenAt: '2026-01-01T00:00:00Z',
    entries: [{ path: etcd, files: 3, bytes: 4096, ...changes }],
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-archive-'));
    [from, to, file] = [join(folder, 'from'), join(folder, 'to'), join(folder, 'cache.tar.zst')];
    await put(`${etcd}/bin/etcd`, 'program', 0o755);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('brings entries with their modes and links to another cache', async () => {
    await put(`${node}/usr/bin/mount`, 'program', 0o755);
    await symlink('usr/bin', join(from, node, 'bin'));
    await link(join(from, node, 'usr/bin/mount'), join(from, node, 'usr/bin/umount'));
    await write(etcd, node);
    expect(await read(etcd, node)).toEqual({ added: [etcd, node], present: [], foreign: [] });
    const mount = await stat(join(to, node, 'bin/umount'));
    expect([mount.mode & 0o777, mount.nlink, await readFile(join(to, etcd, 'bin/etcd'), 'utf8')]).toEqual([0o755, 2, 'program']);
    expect((await readdir(to)).toSorted()).toEqual(['components', 'rootfs']);
  });

  it('adds what this version uses, and names the rest', async () => {
    await put(`${coredns}/bin/coredns`, 'program');
    await write(etcd, coredns);
    expect(await read(coredns)).toEqual({ added: [coredns], present: [], foreign: [etcd] });
    expect(await readdir(join(to, 'components'))).toEqual([coredns.split('/')[1]]);
  });

  it('leaves alone what is there', async () => {
    await write(etcd);
    await read(etcd);
    await writeFile(join(to, etcd, 'bin/etcd'), 'its own');
    expect(await read(etcd)).toEqual({ added: [], present: [etcd], foreign: [] });
    expect(await readFile(join(to, etcd, 'bin/etcd'), 'utf8')).toBe('its own');
  });

  it.each([0.2, 0.5, 0.9, 0.99])('that ends after %d of itself adds nothing', async (share) => {
    const noise = Array.from({ length: 40_000 }, (_, index) => ((index * 2_654_435_761) % 2 ** 32).toString(36)).join('');
    await put(`${coredns}/bin/coredns`, noise);
    await write(etcd, coredns);
    await truncate(file, Math.floor((await stat(file)).size * share));
    expect((await refusal(etcd, coredns)).code).toBe(exitCode.usage);
    expect(await inCache()).toEqual([]);
  });

  it('in which a byte has changed adds nothing', async () => {
    await write(etcd);
    const bytes = await readFile(file);
    const middle = bytes.length - 20;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect((await refusal(etcd)).code).toBe(exitCode.usage);
    expect(await inCache()).toEqual([]);
  });

  it('of other processors is refused', async () => {
    await forge({ ...ofEtcd(), machine: 'arm64' });
    expect((await refusal(etcd)).text.saw).toBe(`${file} is for arm64`);
  });

  it('with nothing of this version is refused, and says whose it is', async () => {
    await write(etcd);
    expect((await refusal(coredns)).text.saw).toContain('version 1.2.3');
  });

  it('that lacks a file of its manifest adds nothing', async () => {
    await forge(ofEtcd({ files: 4 }));
    expect((await refusal(etcd)).text.saw).toContain('has 3 files, and 4 by its manifest');
    expect(await inCache()).toEqual([]);
  });

  it('that lacks an entry of its manifest adds nothing', async () => {
    await forge(ofEtcd({ path: coredns }));
    expect((await refusal(coredns)).code).toBe(exitCode.usage);
    expect(await inCache()).toEqual([]);
  });

  it.each([
    ['no manifest', undefined],
    ['one of a later format', { ...ofEtcd(), format: 2 }],
    ['one with a path outside', ofEtcd({ path: 'components/../../etc' })],
    ['one with a path of no area', ofEtcd({ path: 'toolchain/node' })],
  ])('with %s is refused', async (_, manifest) => {
    await forge(manifest);
    expect((await refusal(etcd)).text.expected).toContain('conform cache export');
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['a text', Buffer.from('no archive\n'.repeat(1000))],
    ['of another compression', gzipSync('no archive')],
    ['compressed, and no tar', zstdCompressSync('no archive')],
  ])('that is none is refused: %s', async (_, bytes) => {
    await writeFile(file, bytes);
    expect((await refusal(etcd)).code).toBe(exitCode.usage);
  });

  it('that is not there is refused', async () => {
    expect((await refusal(etcd)).text.saw).toContain('ENOENT');
  });

  it('removes what a killed import has left', async () => {
    await mkdir(join(to, 'import.partial-abcdef/components'), { recursive: true });
    await write(etcd);
    await read(etcd);
    expect(await readdir(to)).toEqual(['components']);
  });

  it('appears complete or not at all', async () => {
    const writing = exportEntries(work, { cache: from, file, entries: [etcd, 'components/absent-0000000000000000'], version: '1.2.3' });
    await expect(writing).rejects.toThrow();
    const interrupted = exportEntries(
      { signal: AbortSignal.abort(new Error('interrupted')), say: () => undefined },
      { cache: from, file, entries: [etcd], version: '1.2.3' },
    );
    await expect(interrupted).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['from']);
  });

  it('that cannot be written says so', async () => {
    const writing = exportEntries(work, { cache: from, file: join(folder, 'none/cache.tar.zst'), entries: [etcd], version: '1.2.3' });
    await expect(writing).rejects.toThrow(Problem);
  });
});
