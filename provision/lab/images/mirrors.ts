import { link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Digests that a manifest names (image-spec 1.1): its configuration and its layers. */
const manifest = z.object({ config: z.object({ digest: z.string() }), layers: z.array(z.object({ digest: z.string() })) });

export interface Mirrored {
  /** By reference, registry first: the digest of the manifest. */
  readonly digests: Readonly<Record<string, string>>;
  /** The blobs, each in a file that is named by the hexadecimal part of its digest. */
  readonly blobs: string;
}

/**
 * Adds images to the storage of the registries' mirrors, a folder for each registry, as the file system driver of distribution v3
 * lays it out (its registry/storage/paths.go). Blobs are hard links: `folder` must be on the file system of the blobs.
 */
export async function addToMirrors(folder: string, { digests, blobs }: Mirrored): Promise<void> {
  for (const [reference, digest] of Object.entries(digests)) {
    const { registry, repository, tag } = parsed(reference);
    const root = join(folder, registry, 'docker/registry/v2');
    const { config, layers } = manifest.parse(JSON.parse(await readFile(join(blobs, hexOf(digest)), 'utf8')));
    const contents = [config.digest, ...layers.map((layer) => layer.digest)];
    for (const each of new Set([digest, ...contents])) await linkBlob(root, blobs, each);
    const own = join(root, 'repositories', repository);
    for (const each of contents) await writeLink(join(own, '_layers/sha256', hexOf(each)), each);
    await writeLink(join(own, '_manifests/revisions/sha256', hexOf(digest)), digest);
    await writeLink(join(own, '_manifests/tags', tag, 'current'), digest);
    await writeLink(join(own, '_manifests/tags', tag, 'index/sha256', hexOf(digest)), digest);
  }
}

function parsed(reference: string): { registry: string; repository: string; tag: string } {
  const [, registry, repository, tag] = /^([^/]+)\/(.+):([^:/]+)$/.exec(reference) ?? [];
  if (registry === undefined || repository === undefined || tag === undefined) throw new Error(`${reference} is no reference with a tag`);
  return { registry, repository, tag };
}

async function linkBlob(root: string, blobs: string, digest: string): Promise<void> {
  const hex = hexOf(digest);
  const to = join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data');
  await mkdir(dirname(to), { recursive: true });
  // Images share layers.
  await link(join(blobs, hex), to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function writeLink(folder: string, digest: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'link'), digest);
}

function hexOf(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
