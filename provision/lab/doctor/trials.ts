import { constants, existsSync } from 'node:fs';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Work } from '../../../harness/engine/work.ts';
import { type CommandEnd, describeEnd, runCommand, succeeded } from '../cache/command.ts';
import { stateFolder } from '../../paths.ts';
import { locateTrees } from '../rootfs/build.ts';
import { type Finding, type Prerequisite, missing, ok, warning } from './check.ts';
import { nearestFolder } from './machine.ts';

/** Something of the kernel that a lab uses, and a command that works only where the kernel has it. */
interface Feature {
  readonly id: string;
  readonly title: string;
  /** Runs in a network namespace of its own, which ends with it: nothing of the machine is touched. */
  readonly command: readonly [string, ...string[]];
  readonly module: string;
}

const rule = (...args: string[]): [string, ...string[]] => ['iptables', '-A', 'FORWARD', ...args];
const natRule = (chain: string, ...args: string[]): [string, ...string[]] => ['iptables', '-t', 'nat', '-A', chain, '-p', 'tcp', ...args];

/** What bridges, kube-proxy, Calico's Felix and its CNI plugin ask the kernel for. */
const features: readonly Feature[] = [
  { id: 'bridge', title: 'Bridges', command: ['ip', 'link', 'add', 'b0', 'type', 'bridge'], module: 'bridge' },
  { id: 'veth', title: 'veth pairs', command: ['ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1'], module: 'veth' },
  { id: 'vxlan', title: 'VXLAN', command: ['ip', 'link', 'add', 'x0', 'type', 'vxlan', 'id', '1', 'dstport', '4789'], module: 'vxlan' },
  { id: 'ipset', title: 'IP sets', command: ['ipset', 'create', 's', 'hash:net'], module: 'ip_set_hash_net' },
  { id: 'conntrack', title: 'Connection tracking', command: ['conntrack', '-L'], module: 'nf_conntrack_netlink' },
  { id: 'iptables', title: 'iptables (nf_tables)', command: rule('-j', 'ACCEPT'), module: 'nft_compat' },
  { id: 'xt-conntrack', title: 'iptables conntrack', command: rule('-m', 'conntrack', '--ctstate', 'ESTABLISHED'), module: 'xt_conntrack' },
  { id: 'xt-comment', title: 'iptables comment', command: rule('-m', 'comment', '--comment', 'x'), module: 'xt_comment' },
  {
    id: 'xt-mark',
    title: 'iptables mark',
    command: rule('-m', 'mark', '--mark', '1/1', '-j', 'MARK', '--set-xmark', '2/2'),
    module: 'xt_mark',
  },
  {
    id: 'xt-statistic',
    title: 'iptables statistic',
    command: rule('-m', 'statistic', '--mode', 'random', '--probability', '0.5'),
    module: 'xt_statistic',
  },
  { id: 'xt-addrtype', title: 'iptables addrtype', command: rule('-m', 'addrtype', '--dst-type', 'LOCAL'), module: 'xt_addrtype' },
  {
    id: 'xt-multiport',
    title: 'iptables multiport',
    command: rule('-p', 'tcp', '-m', 'multiport', '--dports', '1,2'),
    module: 'xt_multiport',
  },
  {
    id: 'xt-dnat',
    title: 'iptables DNAT',
    command: natRule('PREROUTING', '-j', 'DNAT', '--to-destination', '192.0.2.1:80'),
    module: 'xt_nat',
  },
  {
    id: 'xt-masquerade',
    title: 'iptables MASQUERADE',
    command: natRule('POSTROUTING', '-j', 'MASQUERADE', '--random-fully'),
    module: 'xt_MASQUERADE',
  },
];

/** One prerequisite for each feature, and the overlay file system; each is really tried. */
export function trialPrerequisites(work: Work): Prerequisite[] {
  const tried = features.map((feature): Prerequisite => ({
    id: feature.id,
    title: feature.title,
    needed: 'always',
    check: () => tryFeature(work, feature),
  }));
  return [{ id: 'overlayfs', title: 'overlayfs', needed: 'always', check: () => tryOverlay(work) }, ...tried];
}

const onlyRoot = warning('only root can try it');

/** The nodes' own programs try it where they are built already, else the machine's. */
async function tryFeature(work: Work, { command, module }: Feature): Promise<Finding> {
  if (process.getuid?.() !== 0) return onlyRoot;
  const { node } = await locateTrees();
  const inTree = existsSync(node.folder);
  if (!inTree && !(await isOnPath(command[0])))
    return warning(`cannot be tried: no ${command[0]} yet, it comes with the nodes' root file system`);
  const end = await runCommand(work, { file: 'unshare', args: ['--net', ...(inTree ? [`--root=${node.folder}`] : []), '--', ...command] });
  return succeeded(end) ? ok('tried, works') : missing(cause(end), `modprobe ${module} (or a kernel that has it)`);
}

/** Containers' root file systems are overlays whose upper layer is on a lab's disk. */
async function tryOverlay(work: Work): Promise<Finding> {
  if (process.getuid?.() !== 0) return onlyRoot;
  const folder = await mkdtemp(join(nearestFolder(stateFolder()), 'conform-doctor-'));
  try {
    const end = await runCommand(work, {
      file: 'unshare',
      args: ['--mount', '--', 'sh', join(import.meta.dirname, 'try-overlay.sh'), folder],
    });
    if (succeeded(end)) return ok(`tried, works with ${stateFolder()} as the upper layer`);
    const known = /^nodev\s+overlay$/m.test(await readFile('/proc/filesystems', 'utf8'));
    return missing(
      `${cause(end)} (in ${stateFolder()})`,
      known
        ? 'set CONFORM_STATE to a folder on ext4, xfs or btrfs: another overlay, NFS and FUSE cannot be an upper layer'
        : 'modprobe overlay (or a kernel that has it)',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first line names the cause; mount(8) and iptables(8) put advice below it. */
function cause(end: CommandEnd): string {
  return end.output.split('\n')[0] || describeEnd(end, 1);
}

async function isOnPath(program: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(':');
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
