/**
 * A logical unit: the volume of one engine as a file (FUSE), and while an initiator is logged in, a loop device on it.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectEngine } from './dataconn.ts';
import { discard } from './discard.ts';
import { mountFile } from './fuse-file.ts';
import { attachLoop, type LoopDevice } from './loop-device.ts';

const run = promisify(execFile);
const filesFolder = '/run/tgtd';

export interface LogicalUnit {
  /** The disk of an initiator that logs in; the same one when it is logged in. */
  login(): Promise<string>;
  logout(): Promise<void>;
  isLoggedIn(): boolean;
  setSize(bytes: number): void;
  /** Shows a new size on the disk. */
  rescan(): Promise<void>;
  /** Takes it away. What still has its disk open gets I/O errors. */
  remove(): Promise<void>;
}

/** `name` is unique on this node. Throws when the engine does not take a connection at `socket`. */
export async function openLogicalUnit(name: string, socket: string, sizeBytes: number): Promise<LogicalUnit> {
  const engine = await connectEngine(socket);
  let size = sizeBytes;
  let loop: Promise<LoopDevice> | undefined;
  const file = join(filesFolder, name);
  await mkdir(filesFolder, { recursive: true });
  await writeFile(file, '');
  await mountFile(file, 'tgtd', {
    size: () => size,
    read: (offset, length) => engine.read(offset, length),
    write: (offset, data) => engine.write(offset, data),
    free: (offset, length) => discard(engine, offset, length),
  }).catch((error: unknown) => {
    engine.close();
    throw error;
  });
  const logout = async (): Promise<void> => {
    const attached = loop;
    loop = undefined;
    await (await attached)?.release();
  };
  return {
    login: async () => {
      loop ??= attachLoop(file).catch((error: unknown) => {
        loop = undefined;
        throw error;
      });
      return (await loop).name;
    },
    logout,
    isLoggedIn: () => loop !== undefined,
    setSize: (bytes) => {
      size = bytes;
    },
    rescan: async () => (await loop)?.resize(),
    remove: async () => {
      await logout();
      await unmount(file);
      engine.close();
    },
  };
}

/** In order when nothing uses it; else by force, which ends the requests under way with an error. */
async function unmount(file: string): Promise<void> {
  await run('umount', [file]).catch(() => run('umount', ['--force', '--lazy', file]));
  await rm(file, { force: true });
}
