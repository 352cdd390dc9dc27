import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addToMirrors } from './mirrors.ts';

const hex = (digit: string): string => digit.repeat(64);
const digests = { 'docker.io/library/one:1.0': `sha256:${hex('a')}`, 'quay.io/two:latest': `sha256:${hex('b')}` };

describe("the storage of the registries' mirrors", () => {
  let folder = '';
  const at = (...path: string[]): string => join(folder, 'mirrors', ...path);
  const v2 = 'docker/registry/v2';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-mirrors-'));
    const blobs = join(folder, 'blobs');
    await mkdir(blobs);
    const manifest = JSON.stringify({ config: { digest: `sha256:${hex('c')}` }, layers: [{ digest: `sha256:${hex('d')}` }] });
    for (const digit of ['a', 'b']) await writeFile(join(blobs, hex(digit)), manifest);
    for (const digit of ['c', 'd']) await writeFile(join(blobs, hex(digit)), digit);
    await addToMirrors(at(), { digests, blobs });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has the tag of an image in its own registry alone', async () => {
    const current = `${v2}/repositories/library/one/_manifests/tags/1.0/current/link`;
    expect(await readFile(at('docker.io', current), 'utf8')).toBe(`sha256:${hex('a')}`);
    await expect(stat(at('quay.io', current))).rejects.toThrow('ENOENT');
  });

  it('links configuration and layers into the repository', async () => {
    for (const digit of ['c', 'd'])
      expect(await readFile(at('quay.io', v2, `repositories/two/_layers/sha256/${hex(digit)}/link`), 'utf8')).toBe(`sha256:${hex(digit)}`);
  });

  it('holds no second copy of a blob', async () => {
    const [blob, mirrored] = await Promise.all([
      stat(join(folder, 'blobs', hex('d'))),
      stat(at('docker.io', v2, 'blobs/sha256/dd', hex('d'), 'data')),
    ]);
    expect(mirrored.ino).toBe(blob.ino);
  });

  it('takes an image twice', async () => {
    await expect(addToMirrors(at(), { digests, blobs: join(folder, 'blobs') })).resolves.toBeUndefined();
  });

  it('refuses a reference without a tag', async () => {
    await expect(addToMirrors(at(), { digests: { 'docker.io/library/one': `sha256:${hex('a')}` }, blobs: folder })).rejects.toThrow(
      'no reference',
    );
  });
});
