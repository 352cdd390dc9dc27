import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Problem, exitCode } from '../../../harness/engine/problem.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { Work } from '../../../harness/engine/work.ts';
import { tail } from '../files.ts';
import {
  type Hierarchies,
  createGroup,
  groupsStartingWith,
  hierarchiesForSite,
  joinCommands,
  machineHierarchies,
  processesOf,
  removeGroup,
  takeBackControllers,
} from './cgroup.ts';

/** A folder of the machine that the site may read. */
export interface ReadOnlyBind {
  readonly source: string;
  readonly target: string;
}

export interface SiteOptions {
  /** The lab's state folder, which the site sees as /lab. */
  readonly folder: string;
  /** The Debian root file system of the site and its nodes. */
  readonly rootfs: string;
  readonly binds: readonly ReadOnlyBind[];
  /** `tied`: the site dies with this process, even when that is killed. `detached`: it stays until it is stopped. */
  readonly life: 'tied' | 'detached';
}

/** A running site: the process tree, network and mounts that a lab is made of. */
export interface Site {
  readonly folder: string;
  /** The site's first process, in the machine's own process IDs. */
  readonly pid: number;
}

const groupPrefix = 'conform-';

/** One control group for each lab's state folder; it names every process of the lab, whoever started it. */
export function groupName(folder: string): string {
  return `${groupPrefix}${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
}

/** A site starts in less than a second; this long on a machine that is very busy. Not in the guide, chosen here. */
const startsWithinMs = 60_000;

/** Starts the site's first process and waits until its networks stand. */
export async function startSite(options: SiteOptions, work: Work): Promise<Site> {
  const hierarchies = await requireHierarchies();
  await copyScripts(options.folder);
  const group = await createGroup(hierarchies, groupName(options.folder));
  await writeFile(addedControllers(options.folder), (group.leaf?.added ?? []).join(' '));
  work.say('starting the site');
  const log = openSync(join(options.folder, 'site', 'console.log'), 'w');
  const child = spawn(join(options.folder, 'site/start-site.sh'), group.joins, {
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LIFE: options.life,
      LAB: options.folder,
      ROOTFS: options.rootfs,
      BIND: options.binds.map(({ source, target }) => `${source}\t${target}`).join('\n'),
      CGROUPS: hierarchiesForSite(hierarchies),
      LEAF: group.leaf?.join ?? '',
      SUBTREE_CONTROL: group.leaf?.subtreeControl ?? '',
      ROOT_CONTROL: group.leaf?.rootControl ?? '',
      CONTROLLERS: group.leaf?.controllers ?? '',
    },
  });
  child.unref();
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  const isReady = async (): Promise<{ done: boolean } | { notYet: string }> => {
    if (existsSync(join(options.folder, 'site', 'ready'))) return { done: true };
    return ended ? { done: false } : { notYet: 'its networks do not stand yet' };
  };
  const waiting = { timeoutMs: startsWithinMs, everyMs: 20, signal: work.signal };
  const started = await until("the lab's site to start", waiting, isReady).catch((error: unknown) => {
    if (error instanceof WaitTimeout) return false;
    throw error;
  });
  const site = started ? await findSite(options.folder) : undefined;
  if (site === undefined) throw await startFailed(options.folder);
  return site;
}

async function startFailed(folder: string): Promise<Problem> {
  return new Problem(exitCode.provider, {
    expected: "the lab's site to start",
    saw: (await tail(join(folder, 'site', 'console.log'), 15)) || 'its first process ended without a word',
    next: '`conform doctor` shows what this machine lacks; `conform down` removes what is left',
  });
}

/** The site that runs on this state folder, wherever it was started from. */
export async function findSite(folder: string): Promise<Site | undefined> {
  const hierarchies = await requireHierarchies();
  for (const pid of await processesOf(hierarchies, groupName(folder))) {
    if (await isFirstInSite(pid)) return { folder, pid };
  }
  return undefined;
}

/** NSpid lists a process's IDs from the outermost namespace in; a site's first process has exactly one more than we. */
async function isFirstInSite(pid: number): Promise<boolean> {
  const own = namespaceIds(await readFile('/proc/self/status', 'utf8'));
  const ids = namespaceIds(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
  return ids.length === own.length + 1 && ids.at(-1) === '1';
}

function namespaceIds(status: string): string[] {
  const line = status.split('\n').find((candidate) => candidate.startsWith('NSpid:')) ?? '';
  return line.split(/\s+/).slice(1);
}

/** What is put before a command of the suite so that it runs in the lab's control group. */
export async function asCommand(folder: string): Promise<string[]> {
  const group = joinCommands(await requireHierarchies(), groupName(folder));
  return group === undefined ? [] : [join(folder, 'site/as-command.sh'), group];
}

/** The command that runs another inside the site, as an argument list to put before it. */
export function enterSite(site: Site): string[] {
  return ['nsenter', '-t', String(site.pid), '-m', '-u', '-i', '-n', '-p', '-C', '--'];
}

/** Runs one of the site's own scripts or any command in it; what it prints on failure becomes the problem's text. */
export async function runInSite(site: Site, command: readonly string[], work: Pick<Work, 'signal'>): Promise<string> {
  const [program = '', ...rest] = [...enterSite(site), ...command];
  const result = await execa(program, rest, { reject: false, cancelSignal: work.signal, env: await siteEnvironment() });
  if (result.exitCode === 0) return result.stdout;
  work.signal.throwIfAborted();
  throw new Problem(exitCode.provider, {
    expected: `\`${command.join(' ')}\` to succeed in the lab`,
    saw: `${result.exitCode === undefined ? result.shortMessage : `exit code ${result.exitCode}`}: ${result.stderr || result.stdout}`,
    next: '`conform status` shows the state of the lab; `conform down` and `conform up` build it anew',
  });
}

export async function siteEnvironment(): Promise<Record<string, string>> {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', CGROUPS: hierarchiesForSite(await requireHierarchies()) };
}

/** 373 processes took more than 20 s to end on two processors that compiled beside it (seen). */
const endingSeconds = 90;

/** Kills every process of the site and removes its control groups; its files stay. Works after any crash. */
export async function stopSite(folder: string, say: Work['say']): Promise<void> {
  const hierarchies = await requireHierarchies();
  const group = groupName(folder);
  let left: readonly number[] = [];
  const endAll = async (): Promise<{ done: true } | { notYet: string }> => {
    left = (await processesOf(hierarchies, group)).filter((pid) => pid !== process.pid);
    if (left.length === 0) return { done: true };
    say(`ending ${left.length} processes`);
    const site = await findSite(folder);
    for (const pid of site === undefined ? left : [site.pid]) killIfAlive(pid);
    return { notYet: `${left.length} are left` };
  };
  // Never interrupted: what an interrupt asks for is that nothing is left.
  const { signal } = new AbortController();
  await until("the lab's processes to end", { timeoutMs: endingSeconds * 1_000, everyMs: 100, signal }, endAll).catch((error: unknown) => {
    throw error instanceof WaitTimeout ? stillRunning(left) : error;
  });
  await removeGroup(hierarchies, group);
  if (hierarchies.version === 2 && existsSync(addedControllers(folder)) && (await labGroups()).length === 0) {
    const added = await readFile(addedControllers(folder), 'utf8');
    await takeBackControllers(hierarchies.root, added === '' ? [] : added.split(' '));
  }
}

function addedControllers(folder: string): string {
  return join(folder, 'site', 'added-controllers');
}

function stillRunning(left: readonly number[]): Problem {
  return new Problem(exitCode.provider, {
    expected: `the lab's processes to end within ${endingSeconds} s of being killed`,
    saw: `${left.length} are left, the first ones ${left.slice(0, 5).join(', ')}`,
    next: `ps -o pid,stat,wchan:20,cmd -p ${left.slice(0, 5).join(',')} shows what holds them; then \`conform down\` again`,
  });
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Control groups of labs, whatever state folder they belong to. */
export async function labGroups(): Promise<string[]> {
  return groupsStartingWith(await requireHierarchies(), groupPrefix);
}

let known: Promise<Hierarchies | undefined> | undefined;

/** The machine's control groups; they do not change while this process lives. */
async function requireHierarchies(): Promise<Hierarchies> {
  known ??= machineHierarchies();
  const hierarchies = await known;
  if (hierarchies !== undefined) return hierarchies;
  throw new Problem(exitCode.provider, {
    expected: 'control groups (version 1 or 2) to be mounted at /sys/fs/cgroup',
    saw: 'none with a memory controller in /proc/self/mountinfo',
    next: 'mount -t cgroup2 cgroup2 /sys/fs/cgroup, or run on a machine that has them',
  });
}

async function copyScripts(folder: string): Promise<void> {
  const target = join(folder, 'site');
  await mkdir(target, { recursive: true });
  await rm(join(target, 'ready'), { force: true });
  const source = import.meta.dirname;
  const scripts = (await readdir(source)).filter((name) => name.endsWith('.sh'));
  await Promise.all(scripts.map((name) => copyFile(join(source, name), join(target, name))));
}
