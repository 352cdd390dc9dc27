import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Image } from './catalogue.ts';
import { writeLayout } from './oci.ts';

describe('writeLayout', () => {
  let folder = '';
  const work = { signal: new AbortController().signal, say: () => undefined };
  const images: readonly Image[] = [
    {
      references: ['docker.io/library/a:1', 'docker.io/library/a:2'],
      files: [{ to: '/opt/deep/program', from: { kind: 'binary', name: 'program' }, mode: 0o755 }],
      folders: [{ path: '/tmp', mode: 0o1777 }],
      links: [{ path: '/program', target: 'opt/deep/program' }],
      tools: true,
      entrypoint: ['/program'],
    },
    { references: ['docker.io/library/b:1'], files: [], tools: true },
  ];

  /** Writes the layout from sources that are equal in content, but not in times. */
  async function write(name: string, seconds: number): Promise<string> {
    const source = join(folder, name, 'source');
    await mkdir(join(source, 'usr/bin'), { recursive: true });
    await writeFile(join(source, 'usr/bin/program'), 'text');
    await symlink('usr/bin', join(source, 'bin'));
    await chmod(join(source, 'usr/bin/program'), 0o644);
    await utimes(join(source, 'usr/bin/program'), seconds, seconds);
    const layout = join(folder, name, 'layout');
    await writeLayout(work, images, { tools: source, resolve: () => join(source, 'usr/bin/program') }, layout);
    return layout;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conform-oci-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives the same digests for the same content', async () => {
    const [first, second] = [await write('first', 1_000), await write('second', 2_000_000)];
    expect(await readdir(join(first, 'blobs/sha256'))).toEqual(await readdir(join(second, 'blobs/sha256')));
    expect(await readFile(join(first, 'index.json'), 'utf8')).toBe(await readFile(join(second, 'index.json'), 'utf8'));
  });

  it('names every reference, and shares the tools layer', async () => {
    const layout = await write('one', 1_000);
    const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as {
      manifests: { digest: string; annotations: Record<string, string> }[];
    };
    expect(manifests.map(({ annotations }) => annotations['io.containerd.image.name'])).toEqual([
      'docker.io/library/a:1',
      'docker.io/library/a:2',
      'docker.io/library/b:1',
    ]);
    const layers = await Promise.all([...new Set(manifests.map(({ digest }) => digest))].map((digest) => layersOf(layout, digest)));
    expect(layers[0]).toHaveLength(2);
    expect(layers[1]).toEqual([layers[0]?.[0]]);
  });

  it('writes owners, modes and parent folders that GNU tar reads', async () => {
    const layout = await write('one', 1_000);
    const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
    const [, own] = await layersOf(layout, manifests[0]?.digest ?? '');
    const { stdout } = await execa('tar', ['--numeric-owner', '--utc', '-tvf', blob(layout, own ?? '')]);
    expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 opt',
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 opt/deep',
      '-rwxr-xr-x 0/0 4 1970-01-01 00:00 opt/deep/program',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 program -> opt/deep/program',
      'drwxrwxrwt 0/0 0 1970-01-01 00:00 tmp',
    ]);
  });
});

function blob(layout: string, digest: string): string {
  return join(layout, 'blobs', digest.replace(':', '/'));
}

async function layersOf(layout: string, manifest: string): Promise<string[]> {
  const { layers } = JSON.parse(await readFile(blob(layout, manifest), 'utf8')) as { layers: { digest: string }[] };
  return layers.map(({ digest }) => digest);
}
