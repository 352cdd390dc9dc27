/**
 * A logical unit: the volume of one engine as a file (FUSE), and while an initiator is logged in, a loop device on it.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectEngine, type EngineConnection } from './dataconn.ts';
import { mountFile } from './fuse-file.ts';
import { attachLoop, type LoopDevice } from './loop-device.ts';

const run = promisify(execFile);
const filesFolder = '/run/tgtd';

/** A message of the engine has 32 bits for a length. */
const unmapBytes = 2 ** 30;

/**
 * The kernel tells a file nothing that would tell a discard, which may do nothing, from zeroing. A rebuilding engine ignores an
 * unmap, and after a snapshot an unmapped part reads as the snapshot. What may be zeroing is read back therefore: file systems
 * zero pieces of at most 2 MiB (ext4's inode tables).
 */
const zeroingBytes = 4 * 2 ** 20;
const pieceBytes = 2 ** 18;

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
    free: (offset, length) => free(engine, offset, length),
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

async function free(engine: EngineConnection, offset: number, length: number): Promise<void> {
  for (let at = 0; at < length; at += unmapBytes) await engine.unmap(offset + at, Math.min(unmapBytes, length - at));
  if (length > zeroingBytes) return;
  for (let at = 0; at < length; at += pieceBytes) await zero(engine, offset + at, Math.min(pieceBytes, length - at));
}

async function zero(engine: EngineConnection, offset: number, length: number): Promise<void> {
  const data = await engine.read(offset, length);
  if (data.some((piece) => piece.some((byte) => byte !== 0))) await engine.write(offset, Buffer.alloc(length));
}

/** In order when nothing uses it; else by force, which ends the requests under way with an error. */
async function unmount(file: string): Promise<void> {
  await run('umount', [file]).catch(() => run('umount', ['--force', '--lazy', file]));
  await rm(file, { force: true });
}
