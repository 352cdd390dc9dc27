import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, statfs, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The node's own root, as its first process sees it: data paths are the node's, and are mounted there. */
const hostRoot = process.env['HOST_ROOT'] ?? '/host/proc/1/root';

export interface DiskState {
  readonly available: number;
  readonly maximum: number;
  /** `xfs`, `ext2/ext3` ... */
  readonly filesystem: string;
  /** The file system's id in hexadecimal digits. */
  readonly fsid: string;
  /** From longhorn-disk.cfg in the data path; undefined if the file is not there. */
  readonly uuid: string | undefined;
}

export function onHost(path: string): string {
  return `${hostRoot}${path.replace(/\/+$/, '')}`;
}

/** Makes a data path usable for replicas: its folder `replicas`. */
export async function prepareDisk(path: string): Promise<void> {
  await mkdir(`${onHost(path)}/replicas`, { recursive: true });
}

/** What is to be known of the file system under a data path; throws if the path is not there. */
export async function readDisk(path: string): Promise<DiskState> {
  const [room, { stdout }, uuid] = await Promise.all([
    statfs(onHost(path)),
    run('stat', ['--file-system', '--format=%i %T', onHost(path)]),
    diskUUID(path),
  ]);
  const [fsid = '', filesystem = ''] = stdout.trim().split(' ');
  return { available: room.bavail * room.bsize, maximum: room.blocks * room.bsize, filesystem, fsid, uuid };
}

/** Writes longhorn-disk.cfg, by which Longhorn knows a disk again; an existing one is kept. Answers the disk's UUID. */
export async function claimDisk(path: string, diskName: string): Promise<string> {
  const known = await diskUUID(path);
  if (known !== undefined) return known;
  const uuid = randomUUID();
  const file = configurationFile(path);
  await writeFile(`${file}.tmp`, JSON.stringify({ diskName, diskUUID: uuid, state: '' }), { flush: true });
  await rename(`${file}.tmp`, file);
  return uuid;
}

async function diskUUID(path: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(configurationFile(path), 'utf8')) as { diskUUID: string }).diskUUID;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function configurationFile(path: string): string {
  return `${onHost(path)}/longhorn-disk.cfg`;
}
