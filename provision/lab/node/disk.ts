import { randomBytes } from 'node:crypto';
import { appendFile, chmod, cp, mkdir, readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DocumentedCluster, DocumentedNode } from '../../../guide/cluster.ts';
import { readTemplate } from '../../../harness/platform/kubernetes/manifest.ts';
import type { NodeFiles } from '../pki/cluster-pki.ts';
import { writeFiles } from '../files.ts';

export interface DiskContent {
  readonly cluster: DocumentedCluster;
  readonly node: DocumentedNode;
  /** Files below /etc/kubernetes. */
  readonly kubernetes: NodeFiles;
  readonly rootfs: string;
  /** PEM of an authority that the node trusts beside Debian's. */
  readonly trusted: string;
}

const own = import.meta.dirname;

/** Services that only control planes run; the rest run on every node. */
const controlPlaneServices = ['etcd', 'vip'];

/** What /etc of a node takes from the Debian root file system. */
const systemFiles = ['passwd', 'group', 'protocols', 'services', 'ethertypes', 'ssl', 'iproute2', 'os-release'];

/** Mount points and folders that the services expect on the disk. */
const folders = [
  'var/lib/kubelet',
  'var/lib/etcd',
  'var/lib/cni',
  'var/lib/calico',
  'var/log/pods',
  'var/log/containers',
  'var/log/calico',
  'var/tmp',
  'etc/cni/net.d',
  'opt/cni/bin',
];

/**
 * Writes a new node's disk: /etc, /var and /opt/cni as Talos would have them after its machine configuration was applied
 * (guide: Step 5 to Step 8). Images are put on it separately.
 */
export async function writeDisk(folder: string, content: DiskContent): Promise<void> {
  const disk = join(folder, 'disk');
  await Promise.all(folders.map((path) => mkdir(join(disk, path), { recursive: true })));
  await Promise.all(systemFiles.map((name) => copySystemFile(content.rootfs, disk, name)));
  await appendFile(join(disk, 'etc/ssl/certs/ca-certificates.crt'), content.trusted);
  await writeFiles(join(disk, 'etc'), await configuration(content));
  await writeFiles(join(disk, 'etc/kubernetes'), content.kubernetes);
  if (content.node.role === 'worker') await writeDataDisk(folder, content.cluster);
  await installServices(disk, content.node);
}

/** A sparse image: it takes room on the machine only for what is written to it. */
async function writeDataDisk(folder: string, { storage }: DocumentedCluster): Promise<void> {
  await writeFile(join(folder, 'sdb.img'), '');
  await truncate(join(folder, 'sdb.img'), storage.diskBytes);
  const binds = storage.dataPath === storage.diskMount ? [] : [storage.dataPath];
  await writeFiles(join(folder, 'disk/etc/lab'), { 'data-disk-binds': binds.map((path) => `${path}\n`).join('') });
}

/** The static pods that start when the API already answers; earlier they would exit and be held back for 10 to 20 s. */
export async function addLateStaticPods(folder: string): Promise<void> {
  for (const name of ['kube-controller-manager', 'kube-scheduler']) {
    const manifest = await readFile(join(own, 'kubernetes', `${name}.yaml`), 'utf8');
    await writeFile(join(folder, 'disk/etc/kubernetes/manifests', `${name}.yaml`), manifest);
  }
}

async function configuration({ cluster, node }: DiskContent): Promise<Record<string, string>> {
  const controlPlanes = cluster.nodes.filter(({ role }) => role === 'control-plane');
  const text = (name: string): Promise<string> => readFile(join(own, 'etc', name), 'utf8');
  const files: Record<string, string> = {
    hostname: `${node.name}\n`,
    'machine-id': `${randomBytes(16).toString('hex')}\n`,
    hosts: hostEntries(cluster),
    'resolv.conf': `nameserver ${cluster.lan.gateway}\n`,
    'nsswitch.conf': 'hosts: files dns\n',
    'containerd/config.toml': (await text('containerd.toml')) + mirrorSettings(cluster),
    'haproxy/haproxy.cfg':
      (await text('haproxy.cfg')) + controlPlanes.map(({ name, address }) => `  server ${name} ${address}:6443 check\n`).join(''),
    'kubernetes/kubelet.yaml': (await text('kubelet.yaml')) + (node.role === 'control-plane' ? controlPlaneTaint : ''),
    'lab/node.env': environment({
      NODE: node.name,
      ADDRESS: node.address,
      VIP: cluster.vip.address,
      CLUSTER: cluster.name,
      ETCD_CLUSTER: controlPlanes.map(({ name, address }) => `${name}=https://${address}:2380`).join(','),
    }),
  };
  if (node.role === 'control-plane') {
    files['kubernetes/admission.yaml'] = await text('admission.yaml');
    files['kubernetes/manifests/kube-apiserver.yaml'] = await readTemplate(join(own, 'kubernetes/kube-apiserver.yaml'), {
      ADDRESS: node.address,
    });
  } else {
    files['kubernetes/manifests/.keep'] = '';
  }
  return files;
}

/** Guide: Step 5 and Step 6, `registries.mirrors`, as containerd has them. */
function mirrorSettings({ registryMirrors }: DocumentedCluster): string {
  const table = (registry: string): string => `[plugins."io.containerd.grpc.v1.cri".registry.mirrors."${registry}"]`;
  return Object.entries(registryMirrors)
    .map(([registry, endpoint]) => `\n${table(registry)}\nendpoint = ["${endpoint}"]\n`)
    .join('');
}

/** Guide: Step 5, `allowSchedulingOnControlPlanes: false`. */
const controlPlaneTaint = 'registerWithTaints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]\n';

/** Guide: Step 5 and Step 6, `extraHostEntries`. */
function hostEntries(cluster: DocumentedCluster): string {
  const entries = [
    ['127.0.0.1', 'localhost'],
    [cluster.vip.address, cluster.vip.hostname],
    ...cluster.nodes.map(({ name, address }) => [address, name]),
  ];
  return entries.map((entry) => `${entry.join(' ')}\n`).join('');
}

function environment(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}='${value}'\n`)
    .join('');
}

async function installServices(disk: string, node: DocumentedNode): Promise<void> {
  const source = join(own, 'service');
  const names = (await readdir(source, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const wanted = names.filter((name) => node.role === 'control-plane' || !controlPlaneServices.includes(name));
  for (const name of wanted) await installService(join(source, name), join(disk, 'etc/service', name));
}

/** A runit service with a log of its own (runsv(8), svlogd(8)). */
async function installService(source: string, target: string): Promise<void> {
  await cp(source, target, { recursive: true });
  await mkdir(join(target, 'log'), { recursive: true });
  await cp(join(own, 'service/log-run'), join(target, 'log/run'));
  await chmod(join(target, 'run'), 0o755);
}

async function copySystemFile(rootfs: string, disk: string, name: string): Promise<void> {
  await execa('cp', ['-a', '--', join(rootfs, 'etc', name), join(disk, 'etc/')]);
}
