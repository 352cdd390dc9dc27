import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Work } from '../../../harness/engine/work.ts';
import { describeEnd, runCommand, succeeded } from '../cache/command.ts';
import { unwantedLibraries, unwantedPaths, unwantedPrograms } from './unwanted.ts';

/** Where the lab mounts something in a node, a container or the image import; a read-only tree cannot grow them later. */
const mountPoints = [
  'proc',
  'sys',
  'dev',
  'run',
  'tmp',
  'root',
  'mnt',
  'opt',
  'opt/cni',
  'opt/cni/bin',
  'etc/cni',
  'etc/cni/net.d',
  'etc/kubernetes',
  'etc/containerd',
  'var/lib/containerd',
  'var/lib/kubelet',
  'var/lib/etcd',
  'var/lib/calico',
  'var/lib/cni',
  'var/log',
  'var/tmp',
  'usr/lib/modules',
];

/** Also mount points: nodes and containers get their own hosts, hostname, machine-id and resolv.conf. */
const files = {
  'etc/hosts': ['127.0.0.1 localhost', '::1 localhost'],
  'etc/hostname': ['localhost'],
  'etc/machine-id': [],
  'etc/resolv.conf': [],
  'etc/passwd': [
    'root:x:0:0:root:/root:/bin/sh',
    'haproxy:x:101:101::/nonexistent:/usr/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  ],
  'etc/group': ['root:x:0:', 'tty:x:5:', 'disk:x:6:', 'haproxy:x:101:', 'nogroup:x:65534:'],
  'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns', 'protocols: files', 'services: files'],
};

/** Does for a tree of unpacked packages what their maintainer scripts would have done, and takes away what nobody reads. */
export async function configureTree(work: Work, root: string): Promise<void> {
  await removeUnwanted(root);
  await makeMountPoints(root);
  await writeFiles(root);
  await configureWget(root);
  await linkAlternatives(root);
  await linkApplets(work, root);
  await writeCertificates(root);
  await cacheLibraries(work, root);
}

async function removeUnwanted(root: string): Promise<void> {
  const paths = [...unwantedPaths];
  for (const folder of ['usr/bin', 'usr/sbin']) {
    const names = await readdir(join(root, folder));
    paths.push(...names.filter((name) => unwantedPrograms.some((start) => name.startsWith(start))).map((name) => join(folder, name)));
  }
  for (const triplet of (await readdir(join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'))) {
    paths.push(...unwantedLibraries.map((name) => join('usr/lib', triplet, name)));
  }
  await Promise.all(paths.map((path) => rm(join(root, path), { recursive: true, force: true })));
}

async function makeMountPoints(root: string): Promise<void> {
  for (const folder of mountPoints) {
    await mkdir(join(root, folder), { recursive: true });
  }
  for (const folder of ['tmp', 'var/tmp']) {
    await chmod(join(root, folder), 0o1777);
  }
}

async function writeFiles(root: string): Promise<void> {
  for (const [path, lines] of Object.entries(files)) {
    await writeFile(join(root, path), lines.map((line) => `${line}\n`).join(''));
  }
}

/** What update-alternatives would have linked, directly; iptables as Debian does: the nf_tables variant. */
async function linkAlternatives(root: string): Promise<void> {
  const families = ['iptables', 'ip6tables'].flatMap((family) => [family, `${family}-save`, `${family}-restore`]);
  const others = ['arptables', 'arptables-save', 'arptables-restore', 'ebtables', 'ebtables-save', 'ebtables-restore'];
  for (const name of [...families, ...others]) {
    await linkUnlessThere(root, join('usr/sbin', name), 'xtables-nft-multi');
  }
  await linkUnlessThere(root, 'usr/bin/sh', 'dash');
  await linkUnlessThere(root, 'usr/bin/awk', existsSync(join(root, 'usr/bin/mawk')) ? 'mawk' : 'busybox');
  await linkUnlessThere(root, 'usr/bin/nc', 'nc.openbsd');
  await linkUnlessThere(root, 'usr/bin/which', 'busybox');
}

/** One try, as busybox's own wget, whose place Debian's takes in the image busybox: its applet knows no --timeout. */
async function configureWget(root: string): Promise<void> {
  if (existsSync(join(root, 'usr/bin/wget'))) await writeFile(join(root, 'etc/wgetrc'), 'tries = 1\n');
}

/** Every applet of busybox for which there is no program of its own. */
async function linkApplets(work: Work, root: string): Promise<void> {
  const end = await runCommand(work, { file: 'chroot', args: [root, '/usr/bin/busybox', '--list'] });
  if (!succeeded(end)) throw new Error(`busybox --list: ${describeEnd(end, 5)}`);
  for (const applet of end.output.trim().split('\n')) {
    if (existsSync(join(root, 'usr/sbin', applet))) continue;
    await linkUnlessThere(root, join('usr/bin', applet), 'busybox');
  }
}

async function linkUnlessThere(root: string, path: string, target: string): Promise<void> {
  try {
    await symlink(target, join(root, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** One bundle, as update-ca-certificates writes it; Go programs and curl read nothing else. */
async function writeCertificates(root: string): Promise<void> {
  const source = join(root, 'usr/share/ca-certificates/mozilla');
  const names = (await readdir(source)).toSorted();
  const certificates = await Promise.all(names.map((name) => readFile(join(source, name), 'utf8')));
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), certificates.map((text) => `${text.trimEnd()}\n`).join(''));
}

/** The applet links must not hide it, so it is named by its own path. */
async function cacheLibraries(work: Work, root: string): Promise<void> {
  const end = await runCommand(work, { file: 'chroot', args: [root, '/usr/sbin/ldconfig'] });
  if (!succeeded(end)) throw new Error(`ldconfig: ${describeEnd(end, 5)}`);
}
