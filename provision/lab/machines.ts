import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DocumentedCluster, type DocumentedNode, type Profile, documentedCluster } from '../../guide/cluster.ts';
import { Problem, exitCode } from '../../harness/engine/problem.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';
import type { Work } from '../../harness/engine/work.ts';
import { readTemplate } from '../../harness/platform/kubernetes/manifest.ts';
import { labGiB, requireFreeDisk } from './cache/free-disk.ts';
import type { OptionName } from '../options.ts';
import type { Components } from './components/build.ts';
import { writeAdminFolder } from './admin.ts';
import { tail, writeFiles } from './files.ts';
import { type ImageTemplate, cloneTemplate } from './images/template.ts';
import {
  hostBatch,
  labHosts,
  macAddress,
  mirrorHosts,
  nameServerConfiguration,
  nameServerZone,
  networkBatch,
  outsideAddress,
} from './network.ts';
import { placeCniPlugins } from './node/cni-plugins.ts';
import { writeDisk } from './node/disk.ts';
import { writeTalosState } from './node/talos-state.ts';
import { type ClusterPki, createClusterPki } from './pki/cluster-pki.ts';
import { type ReadOnlyBind, type Site, runInSite } from './site/site.ts';

/** The parts of a lab: made once, shared by all labs, never written again. */
export interface LabParts {
  readonly components: Components;
  readonly rootfs: string;
  readonly standIns: string;
  readonly images: ImageTemplate;
}

/** Upstreams whose binaries run on the machines themselves, outside containers. */
const upstreamsOnMachines = ['kubernetes', 'etcd', 'coredns', 'calico', 'distribution'] as const;

/** The folders of programs that the site and its nodes have beside Debian's. */
export function machineBinds(parts: LabParts, options: readonly OptionName[]): ReadOnlyBind[] {
  const upstreams = [...upstreamsOnMachines, ...(options.includes('opt-1') ? (['pebble'] as const) : [])];
  return [
    ...upstreams.map((upstream) => ({
      source: dirname(parts.components.binary(oneBinaryOf[upstream])),
      target: `/opt/lab/${upstream}`,
    })),
    { source: dirname(process.execPath), target: '/opt/lab/node' },
    { source: parts.standIns, target: '/opt/lab/stand-ins' },
    { source: parts.images.folder, target: '/opt/lab/images' },
  ];
}

const oneBinaryOf: Record<(typeof upstreamsOnMachines)[number] | 'pebble', string> = {
  kubernetes: 'kubelet',
  etcd: 'etcd',
  coredns: 'coredns',
  calico: 'calicoctl',
  distribution: 'registry',
  pebble: 'pebble',
};

interface MachineFacts {
  readonly profile: Profile;
  readonly options: readonly OptionName[];
  readonly parts: LabParts;
}

/** Writes the state folder of a new lab: authorities, the site's networks and services, every node's disk with its images. */
export async function prepareMachines(folder: string, { profile, options, parts }: MachineFacts): Promise<ClusterPki> {
  const cluster = documentedCluster(profile);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await requireFreeDisk(folder, {
    gib: labGiB,
    to: 'run a lab',
    mend: 'free some, or set CONFORM_STATE to a folder on another disk',
  });
  const pki = await createClusterPki(cluster);
  const trusted = pki.everybodys.certificate;
  await writeAdminFolder(folder, profile, pki);
  await writeFiles(join(folder, 'site'), siteFiles(cluster, options));
  await writeFiles(join(folder, 'site/mirrors'), await mirrorFiles(cluster, pki));
  if (options.includes('opt-1')) await writeFiles(join(folder, 'site/acme'), await acmeFiles(pki));
  await writeFiles(join(folder, 'site/service'), await siteServices(cluster, options), 0o755);
  await Promise.all(
    cluster.nodes.map(async (node) => {
      const home = join(folder, 'nodes', node.name);
      await writeDisk(home, { cluster, node, kubernetes: await pki.nodeFiles(node), rootfs: parts.rootfs, trusted });
      await writeTalosState(home, { profile, cluster, node, pki });
      await cloneTemplate(parts.images.template, join(home, 'disk/var/lib/containerd'));
      await placeCniPlugins(parts, join(home, 'disk/opt/cni/bin'));
    }),
  );
  return pki;
}

function siteFiles(cluster: DocumentedCluster, options: readonly OptionName[]): Record<string, string> {
  const files: Record<string, string> = {
    'network.batch': networkBatch(),
    Corefile: nameServerConfiguration(),
    'names.zone': nameServerZone(cluster, [...mirrorHosts(cluster), ...(options.includes('opt-1') ? [acmeHost] : [])]),
  };
  for (const host of labHosts) {
    files[`hosts/${host.name}.batch`] = hostBatch(host);
    files[`netns/${host.name}/resolv.conf`] = `nameserver ${host.network.gateway}\n`;
    files[`netns/${host.name}/hosts`] = `127.0.0.1 localhost ${host.name}\n`;
  }
  return files;
}

/** What the registries' mirrors start from: one certificate, and a configuration for each registry. */
async function mirrorFiles(cluster: DocumentedCluster, pki: ClusterPki): Promise<Record<string, string>> {
  const [commonName = ''] = mirrorHosts(cluster);
  const { certificate, key } = await pki.everybodys.issue({ commonName, dns: mirrorHosts(cluster) });
  const configurations = Object.entries(cluster.registryMirrors).map(async ([registry, url]) => [
    `${registry}.yaml`,
    await readTemplate(join(import.meta.dirname, 'site/mirror.yaml'), {
      REGISTRY: registry,
      ADDRESS: `${outsideAddress}:${new URL(url).port}`,
    }),
  ]);
  return { 'tls.crt': certificate, 'tls.key': key, ...Object.fromEntries(await Promise.all(configurations)) };
}

/** Guide, OPT-1: the server of its issuer. */
const acmeHost = 'acme-v02.api.letsencrypt.org';

/** What the ACME server and the entrance before it start from. */
async function acmeFiles(pki: ClusterPki): Promise<Record<string, string>> {
  const { certificate, key } = await pki.everybodys.issue({ commonName: acmeHost, dns: [acmeHost] });
  const folder = join(import.meta.dirname, 'site');
  return {
    'tls.crt': certificate,
    'tls.key': key,
    'server.pem': certificate + key,
    'pebble.json': await readFile(join(folder, 'pebble.json'), 'utf8'),
    'haproxy.cfg': await readTemplate(join(folder, 'acme.cfg'), { ADDRESS: outsideAddress }),
  };
}

/** The supervisor of the site restarts these when they die, but not a node: a machine whose first process dies is off. */
async function siteServices(cluster: DocumentedCluster, options: readonly OptionName[]): Promise<Record<string, string>> {
  const script = (name: string): Promise<string> => readFile(join(import.meta.dirname, 'site/services', `${name}.sh`), 'utf8');
  const services: Record<string, string> = {
    'names/run': await script('names'),
    'internet/run': await script('internet'),
    'shares/run': await script('shares'),
  };
  if (options.includes('opt-1')) for (const name of ['acme', 'acme-entrance']) services[`${name}/run`] = await script(name);
  for (const registry of Object.keys(cluster.registryMirrors)) services[`mirror-${registry}/run`] = await script('mirror');
  for (const node of cluster.nodes) {
    services[`node-${node.name}/run`] = await script('node');
    services[`node-${node.name}/down`] = '';
    services[`power-${node.name}/run`] = await script('power');
    services[`power-${node.name}/arguments`] = `${powerOnArguments(cluster, node).join(' ')}\n`;
  }
  return services;
}

/** Powers a node on and returns when its first process supervises its services. */
export async function powerOn(site: Site, cluster: DocumentedCluster, node: DocumentedNode, work: Work): Promise<void> {
  await runInSite(site, ['/lab/site/power-on.sh', ...powerOnArguments(cluster, node)], work);
}

/** Of power-on.sh and power-requests.sh. */
function powerOnArguments(cluster: DocumentedCluster, node: DocumentedNode): string[] {
  const prefix = cluster.lan.cidr.split('/')[1] ?? '24';
  return [node.name, `${node.address}/${prefix}`, cluster.lan.gateway, macAddress(node)];
}

/** Cuts a node's power: everything on it dies at once, its disk stays. */
export async function powerOff(site: Site, node: DocumentedNode, work: Work): Promise<void> {
  await runInSite(site, ['/lab/site/power-off.sh', node.name], work);
}

/** Polls until the condition holds; the deadline's problem carries the last lines of the files that explain it. */
export async function waitFor(
  what: string,
  options: { timeoutMs: number; everyMs: number; logs: readonly string[] },
  work: Work,
  look: () => Promise<{ done: true } | { notYet: string }>,
): Promise<void> {
  work.say(`waiting for ${what}`);
  try {
    await until(what, { ...options, signal: work.signal }, look);
  } catch (error) {
    throw error instanceof WaitTimeout ? await timedOut(error, options) : error;
  }
}

async function timedOut(
  { what, last }: WaitTimeout,
  { timeoutMs, logs }: { timeoutMs: number; logs: readonly string[] },
): Promise<Problem> {
  const texts = await Promise.all(logs.map(async (log) => `${log}:\n${clipped(await tail(log, 3)) || '(empty)'}`));
  return new Problem(exitCode.provider, {
    expected: `${what} within ${timeoutMs / 1000} s`,
    saw: `${last}\n${texts.join('\n')}`,
    next: 'the logs named above; `conform down`, then `conform up` again',
  });
}

/** Log lines that a terminal can show. */
function clipped(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.length > 240 ? `${line.slice(0, 240)}...` : line))
    .join('\n');
}
