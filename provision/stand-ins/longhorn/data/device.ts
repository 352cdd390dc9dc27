/**
 * The block device of an engine on its node: the engine's file (FUSE), a loop device on it, and /dev/longhorn/<volume>.
 * The loop device is set to clear itself, so that nothing of it outlives the processes that use it.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Content, mountFile } from './fuse-file.ts';

const run = promisify(execFile);
const filesFolder = '/run/longhorn';
const loopDevices = 64;
const loopMajor = '7';
const attempts = 10;

export interface Device {
  /** As the node sees it. */
  readonly endpoint: string;
  /** True when the kernel has given the file up, though nobody removed the device. */
  isGone(): boolean;
  /** Shows the content's new size on the block device. */
  resize(): Promise<void>;
  /** Takes the device away. What still has it open gets I/O errors. */
  remove(): Promise<void>;
}

/** `hostRoot` is where the node's root file system is seen from here. */
export async function makeDevice(volume: string, content: Content, hostRoot: string): Promise<Device> {
  const file = join(filesFolder, volume);
  await mkdir(filesFolder, { recursive: true });
  await writeFile(file, '');
  let gone = false;
  const { ended } = await mountFile(file, `longhorn-${volume}`, content);
  void ended.finally(() => {
    gone = true;
  });
  try {
    const loop = await attachLoop(file);
    const node = join(hostRoot, 'dev/longhorn', volume);
    await makeNode(node, loop.minor);
    return {
      endpoint: `/dev/longhorn/${volume}`,
      isGone: () => gone,
      resize: async () => {
        await stat(file);
        await run('losetup', ['--set-capacity', loop.path]);
      },
      remove: async () => {
        await rm(node, { force: true });
        await loop.release();
        await unmount(file);
      },
    };
  } catch (error) {
    await unmount(file);
    throw error;
  }
}

interface Loop {
  readonly path: string;
  readonly minor: number;
  readonly release: () => Promise<void>;
}

/** Detaching a loop device that is still open makes it clear itself on the last close: it is held open until `release`. */
async function attachLoop(file: string): Promise<Loop> {
  await makeLoopNodes();
  const path = await findLoop(file);
  const release = await hold(path);
  await run('losetup', ['--detach', path]);
  return { path, minor: Number(path.slice('/dev/loop'.length)), release };
}

/** By a process of its own: closing a device writes back what it still caches, and this process has to take that. */
async function hold(path: string): Promise<() => Promise<void>> {
  const device = await open(path, 'r');
  const holder = spawn('sleep', ['infinity'], { stdio: ['ignore', 'ignore', 'ignore', device.fd] });
  const ended = new Promise<void>((resolve) => {
    holder.once('exit', () => resolve());
    holder.once('error', () => resolve());
  });
  await device.close();
  return async () => {
    holder.kill('SIGKILL');
    await ended;
  };
}

/** Loop devices are the whole machine's: another node may take the free one that losetup has just found. */
async function findLoop(file: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await run('losetup', ['--find', '--show', '--direct-io=on', file])).stdout.trim();
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

/** A container's /dev is its own: the kernel makes no nodes for new devices there. */
async function makeLoopNodes(): Promise<void> {
  await run('sh', [
    '-c',
    `for n in $(seq 0 ${loopDevices - 1}); do [ -b /dev/loop$n ] || mknod /dev/loop$n b ${loopMajor} $n; done; [ -c /dev/loop-control ] || mknod /dev/loop-control c 10 237`,
  ]);
}

async function makeNode(node: string, minor: number): Promise<void> {
  await mkdir(join(node, '..'), { recursive: true });
  await rm(node, { force: true });
  await run('mknod', [node, 'b', loopMajor, String(minor)]);
}

/** In order when nothing uses it; else by force, which ends the requests under way with an error. */
async function unmount(file: string): Promise<void> {
  await run('umount', [file]).catch(() => run('umount', ['--force', '--lazy', file]));
  await rm(file, { force: true });
}
