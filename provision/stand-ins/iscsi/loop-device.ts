/**
 * A loop device on a file of this process. It is set to clear itself: nothing of it outlives what uses it, also when this
 * process is killed.
 */
import { execFile, spawn } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const loopMajor = '7';
const attempts = 10;

export interface LoopDevice {
  /** As the kernel calls it, without /dev. */
  readonly name: string;
  /** Shows the file's new size. */
  resize(): Promise<void>;
  /** Lets the device go. It stays until nothing has it open any more. */
  release(): Promise<void>;
}

/** Detaching a loop device that is still open makes it clear itself on the last close: it is held open until `release`. */
export async function attachLoop(file: string): Promise<LoopDevice> {
  const path = await findLoop(file);
  const release = await hold(path);
  await run('losetup', ['--detach', path]);
  return {
    name: path.slice('/dev/'.length),
    resize: async () => {
      // The kernel asks for the size anew.
      await stat(file);
      await run('losetup', ['--set-capacity', path]);
    },
    release,
  };
}

/** Loop devices are the whole machine's: another node may take the free one that losetup has just found. */
async function findLoop(file: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const path = (await run('losetup', ['--find'])).stdout.trim();
    await makeNode(path);
    try {
      await run('losetup', ['--direct-io=on', path, file]);
      return path;
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

/** A node's /dev is its own: the kernel makes no files for new devices there. */
async function makeNode(path: string): Promise<void> {
  const minor = path.slice('/dev/loop'.length);
  await run('mknod', [path, 'b', loopMajor, minor]).catch(async (error: unknown) => {
    if (!(await stat(path)).isBlockDevice()) throw error;
  });
}

/**
 * By a process of its own, which dies with this one: closing a device writes back what it still caches, and this process has
 * to take that.
 */
async function hold(path: string): Promise<() => Promise<void>> {
  const device = await open(path, 'r');
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'sleep', 'infinity'], { stdio: ['ignore', 'ignore', 'ignore', device.fd] });
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
