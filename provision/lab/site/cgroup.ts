import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import { until } from '../../../harness/engine/waiting.ts';

/** How the machine's control groups are mounted. */
export type Hierarchies =
  | { readonly version: 2; readonly root: string }
  | { readonly version: 1; readonly mounts: readonly { readonly root: string; readonly folder: string; readonly options: string }[] };

/** The controllers that a node's kubelet needs (kubernetes.io: "Container Runtimes", cgroup v2). */
const delegated = ['cpuset', 'cpu', 'io', 'memory', 'pids'];

/** The controllers of version 1 that a kubelet needs (the same page; `cpu` and `cpuacct` may share a hierarchy). */
const neededOfVersion1 = ['cpuset', 'cpu', 'cpuacct', 'memory', 'devices', 'freezer', 'blkio', 'pids'];

/** The controllers that a lab needs and this machine does not have. */
export async function missingControllers(hierarchies: Hierarchies): Promise<string[]> {
  if (hierarchies.version === 1) {
    const mounted = hierarchies.mounts.flatMap(({ options }) => options.split(','));
    return neededOfVersion1.filter((controller) => !mounted.includes(controller));
  }
  const available = (await readFile(join(hierarchies.root, 'cgroup.controllers'), 'utf8')).split(/\s+/);
  return delegated.filter((controller) => !available.includes(controller));
}

/** Reads the text of /proc/self/mountinfo (proc_pid_mountinfo(5)); on a hybrid machine version 1 has the controllers. */
export function parseHierarchies(mountinfo: string): Hierarchies | undefined {
  const mounts = mountinfo
    .split('\n')
    .filter((line) => line.includes(' - '))
    .map(parseMount);
  const version1 = mounts
    .filter(({ type }) => type === 'cgroup')
    .map(({ target, superOptions }) => ({
      root: target,
      folder: target.split('/').at(-1) ?? target,
      options: hierarchyOptions(superOptions),
    }));
  if (version1.some(({ options }) => options.split(',').includes('memory'))) return { version: 1, mounts: version1 };
  const version2 = mounts.find(({ type }) => type === 'cgroup2');
  return version2 === undefined ? undefined : { version: 2, root: version2.target };
}

function parseMount(line: string): { target: string; type: string; superOptions: string } {
  const [left = '', right = ''] = line.split(' - ');
  return { target: left.split(' ')[4] ?? '', type: right.split(' ')[0] ?? '', superOptions: right.split(' ')[2] ?? '' };
}

/** The options that name a version 1 hierarchy when it is mounted again: its controllers, or its name. */
function hierarchyOptions(superOptions: string): string {
  const options = superOptions
    .split(',')
    .filter((option) => !['rw', 'ro', 'relatime', 'xattr', 'clone_children'].includes(option) && !option.startsWith('release_agent='));
  return options.some((option) => option.startsWith('name=')) ? ['none', ...options].join(',') : options.join(',');
}

export async function machineHierarchies(): Promise<Hierarchies | undefined> {
  return parseHierarchies(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** The value of CGROUPS that the site's scripts read. */
export function hierarchiesForSite(hierarchies: Hierarchies): string {
  if (hierarchies.version === 2) return '2';
  return hierarchies.mounts.map(({ folder, options }) => `${folder}\t${options}`).join('\n');
}

/** How a process joins a new group. */
export interface NewGroup {
  /** The `cgroup.procs` files to join before the cgroup namespace is made, one for each hierarchy. */
  readonly joins: readonly string[];
  /**
   * Version 2 only: the leaf to go to right after that, and the controllers that the root and the group hand down once it holds no
   * process itself. `added` names those that the root did not hand down before.
   */
  readonly leaf?: {
    readonly join: string;
    readonly rootControl: string;
    readonly subtreeControl: string;
    readonly controllers: string;
    readonly added: readonly string[];
  };
}

/**
 * The group of what runs at the lab's hosts and on its nodes for a suite. Beside the runner these commands took its processor time: its
 * clock stood still for 47 s of a measurement (seen).
 */
const commands = 'commands';

/** Makes the group in every hierarchy. */
export async function createGroup(hierarchies: Hierarchies, name: string): Promise<NewGroup> {
  if (hierarchies.version === 2) return createUnifiedGroup(hierarchies.root, name);
  const joins = await Promise.all(
    hierarchies.mounts.map(async ({ root }) => {
      const folder = join(root, name);
      await mkdir(folder, { recursive: true });
      for (const setting of ['cpuset.cpus', 'cpuset.mems']) {
        if (existsSync(join(folder, setting))) await writeFile(join(folder, setting), await readFile(join(root, setting), 'utf8'));
      }
      if (existsSync(join(folder, 'cpu.shares'))) await mkdir(join(folder, commands), { recursive: true });
      return join(folder, 'cgroup.procs');
    }),
  );
  return { joins };
}

async function createUnifiedGroup(root: string, name: string): Promise<NewGroup> {
  const available = (await readFile(join(root, 'cgroup.controllers'), 'utf8')).split(/\s+/);
  const controllers = delegated
    .filter((controller) => available.includes(controller))
    .map((controller) => `+${controller}`)
    .join(' ');
  const rootControl = join(root, 'cgroup.subtree_control');
  const before = (await readFile(rootControl, 'utf8')).trim().split(/\s+/);
  await writeFile(rootControl, controllers).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EBUSY' ? processesInRoot(root, error) : error;
  });
  await mkdir(join(root, name, 'site'), { recursive: true });
  await mkdir(join(root, name, commands), { recursive: true });
  return {
    joins: [join(root, name, 'cgroup.procs')],
    leaf: {
      join: join(root, name, 'site', 'cgroup.procs'),
      rootControl,
      subtreeControl: join(root, name, 'cgroup.subtree_control'),
      controllers,
      added: delegated.filter((controller) => available.includes(controller) && !before.includes(controller)),
    },
  };
}

/**
 * Takes back from the root's groups the controllers that a lab added. Where systemd runs it does so itself, and only it knows which of its
 * units need them by now; a group that still hands one down keeps it (EBUSY).
 */
export async function takeBackControllers(root: string, added: readonly string[]): Promise<void> {
  if (existsSync('/run/systemd/system')) return;
  for (const controller of added) {
    await writeFile(join(root, 'cgroup.subtree_control'), `-${controller}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EBUSY') throw error;
    });
  }
}

/** What to do where a container sees its own group as the root: with processes in it, the kernel lets it hand nothing down. */
export const groupsOfTheMachine =
  "give the container the machine's control groups (docker run --cgroupns=host --volume /sys/fs/cgroup:/sys/fs/cgroup), or run it on the machine itself";

function processesInRoot(root: string, cause: Error): Problem {
  return new Problem(
    exitCode.provider,
    {
      expected: `${root} to hand its controllers to the group of a lab`,
      saw: 'it holds processes itself, and is not the root of the machine: a container in a control group namespace of its own',
      next: groupsOfTheMachine,
    },
    cause,
  );
}

/** Whether the root that is seen is the group of a container, which holds the container's processes. */
export async function rootIsOccupied(root: string): Promise<boolean> {
  // The machine's own root has no type (kernel.org: Control Group v2, cgroup.type).
  if (!existsSync(join(root, 'cgroup.type'))) return false;
  return (await readFile(join(root, 'cgroup.procs'), 'utf8')).trim() !== '';
}

/** The file by which a process joins the lab's commands; undefined where the lab has no such group. */
export function joinCommands(hierarchies: Hierarchies, name: string): string | undefined {
  const folder = roots(hierarchies, name).find((each) => existsSync(join(each, commands)));
  return folder === undefined ? undefined : join(folder, commands, 'cgroup.procs');
}

/** Every process in the group and the groups below it, in the machine's own process IDs. */
export async function processesOf(hierarchies: Hierarchies, name: string): Promise<number[]> {
  const files = await Promise.all(roots(hierarchies, name).map((folder) => filesNamed(folder, 'cgroup.procs')));
  const texts = await Promise.all(files.flat().map((file) => readFile(file, 'utf8').catch(ignoreGone)));
  const ids = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '' && line !== '0');
  return [...new Set(ids.map(Number))];
}

/** Names of the groups directly below the hierarchies' roots that start with the prefix. */
export async function groupsStartingWith(hierarchies: Hierarchies, prefix: string): Promise<string[]> {
  const parents = hierarchies.version === 2 ? [hierarchies.root] : hierarchies.mounts.map(({ root }) => root);
  const names = await Promise.all(parents.map((parent) => readdir(parent)));
  return [...new Set(names.flat().filter((name) => name.startsWith(prefix)))].toSorted();
}

/** Removes the group with all groups below it; waits up to 5 s for the kernel to let go of processes that were killed. */
export async function removeGroup(hierarchies: Hierarchies, name: string): Promise<void> {
  const { signal } = new AbortController();
  await until(`control group ${name} to be removed`, { timeoutMs: 5000, everyMs: 50, signal }, async () => {
    for (const folder of roots(hierarchies, name)) await removeTree(folder);
    const left = roots(hierarchies, name).filter((folder) => existsSync(folder));
    return left.length === 0 ? { done: true } : { notYet: `${left.join(', ')} still in use` };
  });
}

function roots(hierarchies: Hierarchies, name: string): string[] {
  return hierarchies.version === 2 ? [join(hierarchies.root, name)] : hierarchies.mounts.map(({ root }) => join(root, name));
}

async function filesNamed(folder: string, name: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const below = await subfolders(folder);
  const nested = await Promise.all(below.map((child) => filesNamed(child, name)));
  return [join(folder, name), ...nested.flat()];
}

async function removeTree(folder: string): Promise<void> {
  for (const child of await subfolders(folder)) await removeTree(child);
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EBUSY' && error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
  });
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}

function ignoreGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ENODEV' || error.code === 'EOPNOTSUPP') return '';
  throw error;
}
