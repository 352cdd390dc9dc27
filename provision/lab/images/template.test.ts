import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloneTemplate } from './template.ts';

describe('cloneTemplate', () => {
  let folder = '';
  const databases = ['io.containerd.metadata.v1.bolt/meta.db', 'io.containerd.snapshotter.v1.overlayfs/metadata.db'];
  const content = 'io.containerd.content.v1.content/blobs/sha256/0';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-template-'));
    for (const path of [...databases, content]) {
      await mkdir(dirname(join(folder, 'template', path)), { recursive: true });
      await writeFile(join(folder, 'template', path), path);
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  const inode = async (...path: string[]) => (await stat(join(folder, ...path))).ino;

  it('shares content and copies the databases', async () => {
    await cloneTemplate(join(folder, 'template'), join(folder, 'clone'));
    expect(await inode('clone', content)).toBe(await inode('template', content));
    for (const database of databases) {
      expect(await inode('clone', database)).not.toBe(await inode('template', database));
    }
  });
});
