import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskUsage, inWords } from './disk-usage.ts';

describe('diskUsage', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const mebibyte = 2 ** 20;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-usage-'));
    for (const name of ['one', 'other', 'kept']) await mkdir(at(name));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('counts a file with two names once, where both are looked at', async () => {
    await writeFile(at('one/file'), Buffer.alloc(4 * mebibyte, 'x'));
    await link(at('one/file'), at('other/file'));
    const { bytes, files } = await diskUsage([at('one'), at('other')]);
    expect([Math.round(bytes / mebibyte), files]).toEqual([4, 4]);
  });

  it('does not count a file that keeps a name elsewhere', async () => {
    await writeFile(at('one/file'), Buffer.alloc(4 * mebibyte, 'x'));
    await link(at('one/file'), at('kept/file'));
    expect(Math.round((await diskUsage([at('one'), at('other')])).bytes / mebibyte)).toBe(0);
  });

  it('does not follow links', async () => {
    await writeFile(at('kept/file'), Buffer.alloc(4 * mebibyte, 'x'));
    await symlink(at('kept'), at('one/link'));
    expect(Math.round((await diskUsage([at('one')])).bytes / mebibyte)).toBe(0);
  });
});

it.each([
  [3 * 2 ** 29, '1.5 GiB'],
  [540 * 2 ** 20, '540 MiB'],
  [0, '0 MiB'],
])('%d bytes are %s', (bytes, words) => {
  expect(inWords(bytes)).toBe(words);
});
