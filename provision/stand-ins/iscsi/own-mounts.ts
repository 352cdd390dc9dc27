/**
 * Gives this process a mount namespace of its own, without the file systems that are mounted from its own devices.
 *
 * Why: the last process of a mount namespace unmounts what is mounted there, before its open files are closed. If that
 * process is the one that answers for the device below, the unmounting waits for it for ever, unkillable. So whoever has
 * /dev/fuse open must see no mount of a volume; a node whose power is cut would otherwise leave the device behind.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mark = 'TGTD_OWN_MOUNTS';
/** Where a node's volumes are mounted. */
const kubeletFolder = 'var/lib/kubelet';

/** Starts the program anew under unshare(1), in the same process; returns in the new namespace only. */
export async function withOwnMounts(hostRoot: string): Promise<void> {
  if (process.env[mark] === undefined) {
    const program = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    process.execve?.('/usr/bin/unshare', ['unshare', '--mount', '--propagation', 'private', '--', ...program], {
      ...process.env,
      [mark]: '1',
    });
  }
  const targets = mountsBelow(await readFile('/proc/self/mounts', 'utf8'), join(hostRoot, kubeletFolder));
  for (const target of targets) await run('umount', ['--lazy', '--no-canonicalize', target]);
}

/** The deepest first. */
export function mountsBelow(mounts: string, folder: string): string[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((target) => target.startsWith(`${folder}/`))
    .toReversed();
}
