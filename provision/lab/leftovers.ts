import { readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import { stateFolder } from '../paths.ts';
import { labGroups } from './site/site.ts';

/** A command that has this variable in its environment marks all of its processes, so that they can be told from others. */
export const markVariable = 'CONFORM_LEFTOVERS_MARK';

interface RunningProcess {
  readonly pid: number;
  /** Clock ticks since boot: tells a process from a later one with the same ID. */
  readonly startTicks: string;
  readonly command: string;
  /** The lab's control group that it is in; empty when it is in none. */
  readonly group: string;
}

/** Everything of the machine that a lab could leave behind. */
export interface MachineState {
  readonly processes: readonly RunningProcess[];
  readonly mounts: readonly string[];
  /** Loop devices that are in use, each with the file below it: they belong to no namespace. */
  readonly loops: readonly string[];
  readonly namespaces: readonly string[];
  readonly links: readonly string[];
  readonly groups: readonly string[];
  readonly files: readonly string[];
}

/** Folders of which an entry may have been left, also by a lab that broke out of its own file system. */
const watchedFolders = ['/etc/netns', '/var/lib/kubelet', '/var/lib/etcd', '/var/lib/calico', '/var/lib/containerd'];

/** Processes are those that carry the mark and those of labs; the rest is the machine's own, whoever made it. */
export async function machineState(mark: string): Promise<MachineState> {
  const [mounts, loops, namespaces, links, groups, files] = await Promise.all([
    mountPoints(),
    loopDevices(),
    entries('/run/netns'),
    entries('/sys/class/net'),
    labGroups(),
    watchedFiles(),
  ]);
  return { processes: await processes(mark), mounts, loops, namespaces, links, groups, files };
}

/** Everything that is new since `before`, in words. New processes of labs that were there before do not count. */
export function compare(before: MachineState, after: MachineState): string[] {
  const known = new Set(before.processes.map(identity));
  const processesLeft = after.processes.filter((one) => !known.has(identity(one)) && !before.groups.includes(one.group));
  return [
    ...processesLeft.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...added(before.mounts, after.mounts).map((mount) => `mount ${mount}`),
    ...added(before.loops, after.loops).map((loop) => `loop device ${loop}`),
    ...added(before.namespaces, after.namespaces).map((name) => `network namespace ${name}`),
    ...added(before.links, after.links).map((name) => `network link ${name}`),
    ...added(before.groups, after.groups).map((name) => `control group ${name}`),
    ...added(before.files, after.files).map((path) => `file ${path}`),
  ];
}

/** Everything that is new since `before`, once the kernel had `withinMs` to clear away ended processes. */
export async function leftSince(before: MachineState, mark: string, withinMs: number): Promise<string[]> {
  let left: string[] = [];
  const { signal } = new AbortController();
  try {
    return await until('the machine to be as before', { timeoutMs: withinMs, everyMs: 100, signal }, async () => {
      left = compare(before, await machineState(mark));
      return left.length === 0 ? { done: left } : { notYet: left.join('; ') };
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return left;
    throw error;
  }
}

function identity({ pid, startTicks }: RunningProcess): string {
  return `${pid} ${startTicks}`;
}

/** Counts, because a mount point can be mounted on twice. */
function added(before: readonly string[], after: readonly string[]): string[] {
  const rest = [...before];
  return after.filter((item) => {
    const index = rest.indexOf(item);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

async function processes(mark: string): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => processOf(pid, `${markVariable}=${mark}`)));
  return found.filter((one) => one !== undefined);
}

async function processOf(pid: number, marked: string): Promise<RunningProcess | undefined> {
  const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8').catch(ignoreGone);
  const [stat, cgroup, environment, commandLine] = await Promise.all(['stat', 'cgroup', 'environ', 'cmdline'].map(read));
  const group = /\/(conform-[^/\n]+)/.exec(cgroup ?? '')?.[1] ?? '';
  if (stat === undefined || stat === '') return undefined;
  if (group === '' && !(environment ?? '').split('\0').includes(marked)) return undefined;
  const command = (commandLine ?? '').replaceAll('\0', ' ').trim();
  return {
    pid,
    startTicks: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '',
    command: command || stat.slice(stat.indexOf('('), stat.lastIndexOf(')') + 1),
    group,
  };
}

/** Fields 4, 5 and 10 on of /proc/self/mountinfo (proc_pid_mountinfo(5)); the numbers before them are not stable. */
async function mountPoints(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    return `${left.split(' ')[4]} (${right.split(' ').slice(0, 2).join(' ')}, root ${left.split(' ')[3]})`;
  });
}

/** A device without a file below it is not in use (sysfs-block-loop). */
async function loopDevices(): Promise<string[]> {
  const names = (await entries('/sys/block')).filter((name) => name.startsWith('loop'));
  const files = await Promise.all(names.map((name) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(ignoreGone)));
  return names.flatMap((name, index) => (files[index] ? [`${name} on ${files[index].trim()}`] : []));
}

async function watchedFiles(): Promise<string[]> {
  const folders = [join(stateFolder(), 'labs'), ...watchedFolders];
  const names = await Promise.all(folders.map(async (folder) => (await entries(folder)).map((name) => join(folder, name))));
  const parents = (await entries('/var/lib')).map((name) => join('/var/lib', name)).filter((path) => watchedFolders.includes(path));
  const temporary = (await entries(tmpdir())).filter((name) => name.startsWith('conform-')).map((name) => join(tmpdir(), name));
  return [...parents, ...names.flat(), ...temporary];
}

async function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Others' processes cannot be read by a user who is not root, and any process may end meanwhile. */
function ignoreGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EACCES' || error.code === 'EPERM') return '';
  throw error;
}
