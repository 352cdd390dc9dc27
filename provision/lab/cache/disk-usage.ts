import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Space of the disk, and the number of files and folders. */
interface DiskUsage {
  /** Bytes that deleting would give back: a file counts when all of its names are among those looked at. */
  readonly bytes: number;
  readonly files: number;
}

/** What some folders take, with everything in them. */
export async function diskUsage(folders: readonly string[]): Promise<DiskUsage> {
  const names = new Map<string, number>();
  let [bytes, files] = [0, 0];
  const add = async (path: string): Promise<void> => {
    const found = await lstat(path);
    files += 1;
    if (found.isDirectory()) {
      bytes += found.blocks * bytesPerBlock;
      for (const name of await readdir(path)) await add(join(path, name));
      return;
    }
    const inode = `${found.dev}:${found.ino}`;
    const seen = (names.get(inode) ?? 0) + 1;
    names.set(inode, seen);
    if (seen === found.nlink) bytes += found.blocks * bytesPerBlock;
  };
  for (const folder of folders) await add(folder);
  return { bytes, files };
}

/** Of stat(2), whatever the file system's own are. */
const bytesPerBlock = 512;

/** Bytes in words, in GiB or MiB. */
export function inWords(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}
