import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { freeGiB, labGiB } from '../cache/free-disk.ts';
import { missingInstances } from '../inotify.ts';
import { groupsOfTheMachine, machineHierarchies, missingControllers, rootIsOccupied } from '../site/cgroup.ts';
import { cacheFolder, stateFolder } from '../../paths.ts';
import { type Finding, type Prerequisite, missing, ok, warning } from './check.ts';

/** Go's module and build caches, the programs, the root file systems and the images of a first build (bench/). */
const firstBuildGiB = 26;

/** An idle lab takes up to 6 GiB, the checks and the page cache want some more. */
const memoryGiB = 8;

const namespaces = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];

export const machinePrerequisites: readonly Prerequisite[] = [
  { id: 'platform', title: 'Platform', needed: 'always', check: platform },
  { id: 'root', title: 'Root', needed: 'always', check: root },
  { id: 'namespaces', title: 'Namespaces', needed: 'always', check: kernelNamespaces },
  { id: 'cgroups', title: 'Control groups', needed: 'always', check: controlGroups },
  { id: 'kmsg', title: '/dev/kmsg', needed: 'always', check: kernelMessages },
  { id: 'volumes', title: 'Volumes', needed: 'always', check: volumes },
  { id: 'inotify', title: 'inotify', needed: 'always', check: inotify },
  { id: 'memory', title: 'Memory', needed: 'always', check: async () => memory(await readFile('/proc/meminfo', 'utf8')) },
  { id: 'disk-build', title: 'Disk of the cache', needed: 'first-build', check: () => disk(cacheFolder(), firstBuildGiB, 'CONFORM_CACHE') },
  { id: 'disk-lab', title: 'Disk of the labs', needed: 'always', check: () => disk(stateFolder(), labGiB, 'CONFORM_STATE') },
];

async function platform(): Promise<Finding> {
  const saw = `${process.platform} on ${process.arch}`;
  return saw === 'linux on x64' ? ok('Linux on x86-64') : missing(saw, 'run it in a virtual machine with Linux on x86-64');
}

async function root(): Promise<Finding> {
  const user = process.getuid?.();
  return user === 0 ? ok('user 0') : missing(`user ${user}`, 'sudo ./conform ...: a lab is made of namespaces, mounts and control groups');
}

async function kernelNamespaces(): Promise<Finding> {
  const present = await readdir('/proc/self/ns');
  const absent = namespaces.filter((name) => !present.includes(name));
  if (absent.length === 0) return ok(namespaces.join(', '));
  return missing(`the kernel has no ${absent.join(', ')} namespaces`, "run it on a distribution's own kernel");
}

async function controlGroups(): Promise<Finding> {
  const hierarchies = await machineHierarchies();
  if (hierarchies === undefined) return missing('none are mounted', 'mount -t cgroup2 cgroup2 /sys/fs/cgroup');
  const absent = await missingControllers(hierarchies);
  if (hierarchies.version === 2 && (await rootIsOccupied(hierarchies.root)))
    return missing("a container's own namespace of them, with processes in its root", groupsOfTheMachine);
  if (absent.length === 0) return ok(`version ${hierarchies.version} with every controller that a kubelet needs`);
  return missing(
    `version ${hierarchies.version} without ${absent.join(', ')}`,
    'look at `cat /proc/cgroups` and the kernel command line (cgroup_disable, cgroup_enable); in a container, give it all controllers',
  );
}

async function kernelMessages(): Promise<Finding> {
  return existsSync('/dev/kmsg')
    ? ok('is there')
    : missing('is not there, and the kubelet reads it', 'mknod /dev/kmsg c 1 11 (in a container: give it the device)');
}

/** Where Longhorn has iSCSI, the lab has a loop device on a FUSE file; what it formats, and the workers' disks, are xfs. */
async function volumes(): Promise<Finding> {
  const absent = ['/dev/fuse', '/dev/loop-control'].filter((device) => !existsSync(device));
  if (absent.length > 0) return missing(`no ${absent.join(', no ')}`, 'modprobe --all fuse loop (in a container: give it the devices)');
  const known = await readFile('/proc/filesystems', 'utf8');
  const fileSystems = ['fuse', 'xfs'].filter((name) => !known.split('\n').some((line) => line.endsWith(`\t${name}`)));
  return fileSystems.length === 0
    ? ok('FUSE, loop devices and xfs')
    : warning(
        `the kernel does not show ${fileSystems.join(', ')} yet; it may load them when they are asked for`,
        `modprobe --all ${fileSystems.join(' ')}`,
      );
}

async function inotify(): Promise<Finding> {
  const absent = await missingInstances();
  if (absent === undefined) return ok('enough instances a user for a further lab');
  return missing(
    `${absent.has} instances a user, a further lab needs ${absent.needs}`,
    `sysctl -w fs.inotify.max_user_instances=${absent.needs}; without it, \`up\` does so and \`down\` puts it back`,
  );
}

/** Reads the text of /proc/meminfo (proc_meminfo(5), values in KiB). */
export function memory(meminfo: string): Finding {
  const gib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) / 2 ** 20;
  const [total, available] = [gib('MemTotal'), gib('MemAvailable')];
  const detail = `${available.toFixed(1)} GiB available of ${total.toFixed(1)} GiB`;
  if (total < memoryGiB) return missing(detail, `run it on a machine with ${memoryGiB} GiB`);
  return available < memoryGiB
    ? warning(`${detail}, ${memoryGiB} GiB recommended for a further lab`, 'end what takes it, or `conform down` a lab that is not used')
    : ok(detail);
}

async function disk(folder: string, neededGiB: number, variable: string): Promise<Finding> {
  const free = await freeGiB(nearestFolder(folder));
  const detail = `${free.toFixed(1)} GiB free for ${folder}`;
  return free >= neededGiB
    ? ok(detail)
    : missing(`${detail}, ${neededGiB} GiB needed`, `free some, or set ${variable} to a folder on another disk`);
}

/** The folder itself, or the one in which it would be made. */
export function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(dirname(folder));
}
