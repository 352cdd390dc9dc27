/**
 * File systems on block devices, and mount points: mkfs, mount(8), umount(8) and their kin. Every path is the node's own.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** As Longhorn's driver makes them (csi/node_server.go, supportedFs). */
const formatOptions: Readonly<Record<string, readonly string[]>> = {
  ext4: ['-b4096', '-F', '-m0'],
  xfs: ['-ssize=4096', '-bsize=4096', '-K'],
};

const unmountTimeoutMs = 30_000;
const corrupt = new Set(['ENOTCONN', 'EIO', 'ESTALE', 'EACCES', 'EHOSTDOWN']);

/** The type of the file system on a block device; undefined for a blank one. */
async function formatOf(device: string): Promise<string | undefined> {
  try {
    return (await run('blkid', ['-p', '-s', 'TYPE', '-o', 'value', device])).stdout.trim() || undefined;
  } catch (error) {
    // blkid(8): 2 when it knows nothing of what is there.
    if ((error as { code?: number }).code === 2) return undefined;
    throw error;
  }
}

/** Makes the file system on a blank device, and mounts it. */
export async function formatAndMount(device: string, target: string, fsType: string, options: readonly string[]): Promise<void> {
  const format = await formatOf(device);
  if (format === undefined) await makeFileSystem(device, fsType);
  else if (format !== fsType) throw new Error(`device ${device} has a file system of type ${format}, not ${fsType}`);
  await run('mount', ['-t', fsType, '-o', ['defaults', ...options].join(','), device, target]);
}

async function makeFileSystem(device: string, fsType: string): Promise<void> {
  const options = formatOptions[fsType];
  if (options === undefined) throw new Error(`file system type ${fsType} is not supported`);
  await run(`mkfs.${fsType}`, [...options, device]);
}

/** Lets the file system fill its device. */
export async function growFileSystem(device: string, target: string): Promise<void> {
  const format = await formatOf(device);
  if (format === 'xfs') await run('xfs_growfs', ['-d', target]);
  else if (format === 'ext4') await run('resize2fs', [device]);
  else throw new Error(`unknown file system type ${format ?? ''} on ${device}`);
}

/** A folder to mount on; true when something healthy is mounted there already. A broken mount is taken away first. */
export async function ensureMountPoint(path: string): Promise<boolean> {
  if (await isBroken(path)) await unmount(path);
  await mkdir(path, { recursive: true });
  return isMounted(path);
}

export async function bindMount(source: string, target: string, readOnly: boolean): Promise<void> {
  await run('mount', ['--bind', source, target]);
  if (readOnly) await run('mount', ['-o', 'remount,bind,ro', target]);
}

/** Takes away what is mounted at `path`, however often; when it does not go by itself, by force. */
export async function unmount(path: string): Promise<void> {
  while (await isMounted(path)) {
    await run('umount', [path], { timeout: unmountTimeoutMs }).catch(() => run('umount', ['--force', '--lazy', path]));
  }
}

export async function unmountAndRemove(path: string): Promise<void> {
  await unmount(path);
  await rm(path, { recursive: false, force: true }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_FS_EISDIR' && error.code !== 'EISDIR') throw error;
    await run('rmdir', [path]);
  });
}

/** By the kernel's list: looking at a broken mount point itself may fail or hang. */
export async function isMounted(path: string): Promise<boolean> {
  return (await mountTypes()).some(({ target }) => target === path);
}

async function mountTypes(): Promise<{ readonly target: string; readonly type: string }[]> {
  return parseMounts(await readFile('/proc/self/mounts', 'utf8'));
}

/** /proc/self/mounts: device, target, type; spaces are written \040. */
export function parseMounts(text: string): { readonly target: string; readonly type: string }[] {
  const decode = (field: string): string =>
    field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, target = '', type = ''] = line.split(' ');
      return { target: decode(target), type };
    });
}

async function isBroken(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return corrupt.has((error as NodeJS.ErrnoException).code ?? '');
  }
}
