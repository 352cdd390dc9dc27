import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, readlink, rename } from 'node:fs/promises';
import { posix, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { type Pack, pack } from 'tar-stream';

/** One path of a layer; paths are relative to the image's root and begin with no slash. */
export type LayerItem =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly source: string; readonly size: number };

/** A blob of an OCI image layout. */
export interface Blob {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly size: number;
}

/** Files, folders and symbolic links under a folder of this machine, as they will lie under `path`; devices are left out. */
export async function readTree(source: string, path: string, leaveOut: readonly string[] = []): Promise<LayerItem[]> {
  const items: LayerItem[] = [];
  for (const name of (await readdir(source)).toSorted()) {
    if (leaveOut.includes(name)) continue;
    items.push(...(await readItem(join(source, name), posix.join(path, name))));
  }
  return items;
}

/** A file with the given mode, or everything under a folder with the modes that it has. */
export async function readItem(source: string, path: string, mode?: number): Promise<LayerItem[]> {
  const stat = await lstat(source);
  if (stat.isSymbolicLink()) return [{ kind: 'link', path, target: await readlink(source) }];
  if (stat.isDirectory()) return [{ kind: 'folder', path, mode: stat.mode & 0o7777 }, ...(await readTree(source, path))];
  if (stat.isFile()) return [{ kind: 'file', path, mode: mode ?? stat.mode & 0o7777, source, size: stat.size }];
  return [];
}

/** The folders above the items that are not items themselves: a layer that lacks them leaves their modes to chance. */
function withParents(items: readonly LayerItem[]): LayerItem[] {
  const known = new Map(items.map((item) => [item.path, item]));
  for (const { path } of items) {
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent)) {
      if (!known.has(parent)) known.set(parent, { kind: 'folder', path: parent, mode: 0o755 });
    }
  }
  return [...known.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Writes a layer into the blobs folder. The same items always give the same digest: no times, no owners, sorted by path. */
export async function writeLayer(items: readonly LayerItem[], blobs: string, signal: AbortSignal): Promise<Blob> {
  const temporary = join(blobs, `partial-${process.pid}`);
  const tar = pack();
  const hash = createHash('sha256');
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk);
      size += chunk.length;
      next(undefined, chunk);
    },
  });
  const written = pipeline(tar, count, createWriteStream(temporary), { signal });
  await Promise.all([written, packItems(tar, withParents(items))]);
  const hex = hash.digest('hex');
  await rename(temporary, join(blobs, hex));
  return { digest: `sha256:${hex}`, size };
}

async function packItems(tar: Pack, items: readonly LayerItem[]): Promise<void> {
  for (const item of items) await packItem(tar, item);
  tar.finalize();
}

async function packItem(tar: Pack, item: LayerItem): Promise<void> {
  if (item.kind !== 'file') {
    tar.entry(header(item));
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const entry = tar.entry(header(item), (error) => (error ? reject(error) : resolve()));
    createReadStream(item.source, { highWaterMark: 2 ** 20 })
      .on('error', reject)
      .pipe(entry);
  });
}

function header(item: LayerItem): Parameters<Pack['entry']>[0] {
  const same = { name: item.path, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' };
  switch (item.kind) {
    case 'folder':
      return { ...same, type: 'directory', mode: item.mode };
    case 'link':
      return { ...same, type: 'symlink', mode: 0o777, linkname: item.target };
    case 'file':
      return { ...same, type: 'file', mode: item.mode, size: item.size };
  }
}
