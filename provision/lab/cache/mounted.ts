import { readFile, readdir, readlink, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A mount as proc_pid_mountinfo(5) has it. */
interface Mount {
  /** Major and minor number of the file system. */
  readonly device: string;
  /** The folder of that file system which is mounted. */
  readonly root: string;
  readonly point: string;
}

/**
 * Paths below a folder, relative to it, that a process of this machine has mounted or runs a program of, in whatever mount namespace.
 * So an entry of the cache is found that a lab uses, whoever built that lab, from whatever version and for whatever state folder.
 */
export async function pathsInUse(folder: string): Promise<string[]> {
  const real = await realpath(folder);
  const own = covering(mountsIn(await readFile('/proc/self/mountinfo', 'utf8')), real);
  if (own === undefined) throw new Error(`no mount of this process holds ${real}`);
  const inFileSystem = join(own.root, relative(own.point, real));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const used = new Set<string>();
  for (const text of await mountTables(pids)) {
    const mounts = mountsIn(text).filter(({ device }) => device === own.device);
    for (const { root } of mounts) addBelow(used, inFileSystem, root);
  }
  const programs = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(ignoreGone)));
  for (const program of programs) addBelow(used, real, program);
  return [...used];
}

function addBelow(used: Set<string>, folder: string, path: string): void {
  if (path.startsWith(`${folder}/`)) used.add(path.slice(folder.length + 1));
}

/** The mounts of each mount namespace that a process lives in. */
async function mountTables(pids: readonly string[]): Promise<string[]> {
  const tables = new Map<string, string>();
  for (const pid of pids) {
    const namespace = await readlink(`/proc/${pid}/ns/mnt`).catch(ignoreGone);
    if (namespace === '' || tables.has(namespace)) continue;
    const table = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(ignoreGone);
    if (table !== '') tables.set(namespace, table);
  }
  return [...tables.values()];
}

export function mountsIn(mountinfo: string): Mount[] {
  const lines = mountinfo.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [, , device = '', root = '', point = ''] = line.split(' ').map(unescaped);
    // What was mounted and deleted since still has its name.
    return { device, root: root.replace(/\/\/deleted$/, ''), point };
  });
}

/** The mount that a path is on: the deepest one above it, and of several at one place the last. */
export function covering(mounts: readonly Mount[], path: string): Mount | undefined {
  const above = mounts.filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`));
  return above.reduce<Mount | undefined>(
    (deepest, mount) => (mount.point.length >= (deepest?.point.length ?? 0) ? mount : deepest),
    undefined,
  );
}

/** Spaces and the like are octal numbers behind a backslash. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 8)));
}

/** A process may end at any time. One of another user cannot be looked into; root, who prunes, can look into all. */
function ignoreGone(error: NodeJS.ErrnoException): string {
  if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL'].includes(error.code ?? '')) return '';
  throw error;
}
