import type { V1Node } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { promised } from '../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import type { CapabilityName } from '../../harness/platform/capabilities.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import { quantity } from '../../harness/platform/kubernetes/quantity.ts';
import { TalosError } from '../../harness/platform/talos/talos-error.ts';
import { controlPlanes, workers } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { mirrorEndpoints } from './hosts-toml.ts';
import { ofMachine, ofMachines } from './machines.ts';
import { requirements } from './requirements.ts';
import { releaseOf } from './releases.ts';

/** Guide, Hardware Requirements; a gigabyte as vSphere counts it. */
const sizes = {
  'control-plane': { processors: 2, memoryBytes: 4 * 1024 ** 3 },
  worker: { processors: 4, memoryBytes: 8 * 1024 ** 3 },
} as const;
/** The kernel keeps a part of the memory for itself. */
const usablePart = 0.9;
/** What two readings of the same memory may differ by. */
const agreementPart = 0.02;

check(requirements['NODE-CPU-SIZE'], async ({ cluster, observe, control }) => {
  const { nodes } = cluster.documented;
  const { items } = await cluster.kubernetes.core.listNode();
  for (const { node, vantage, value } of await ofMachines(cluster, nodes, async (machine) => machine.processors())) {
    const least = sizes[node.role].processors;
    const capacity = Number(items.find(({ metadata }) => metadata?.name === node.name)?.status?.capacity?.['cpu'] ?? 0);
    observe({ subject: `processors of ${node.name}`, vantage, expected: `at least ${least}`, saw: String(value), held: value >= least });
    control(equal(`processors of ${node.name} as its kubelet tells them`, { expected: String(value), saw: String(capacity) }));
  }
});

check(requirements['NODE-MEMORY-SIZE'], async ({ cluster, observe, control }) => {
  const { nodes } = cluster.documented;
  const { items } = await cluster.kubernetes.core.listNode();
  for (const { node, vantage, value } of await ofMachines(
    cluster,
    nodes,
    async (machine) => Number((await machine.memory()).memtotal) * 1024,
  )) {
    const least = sizes[node.role].memoryBytes * usablePart;
    const capacity = quantity(items.find(({ metadata }) => metadata?.name === node.name)?.status?.capacity?.['memory'] ?? '0');
    observe({ subject: `memory of ${node.name}`, vantage, expected: `at least ${inGiB(least)}`, saw: inGiB(value), held: value >= least });
    control({
      subject: `memory of ${node.name} as its kubelet tells it`,
      vantage: atApi,
      expected: `${inGiB(value)}, within ${agreementPart * 100} %`,
      saw: inGiB(capacity),
      held: Math.abs(capacity - value) <= value * agreementPart,
    });
  }
});

function inGiB(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}

interface Disk {
  readonly dev_path: string;
  readonly size: number;
}
interface MountStatus {
  readonly source: string;
  readonly target: string;
}

check(requirements['NODE-OS-DISK'], async ({ cluster, observe, control }) => {
  const { nodes } = cluster.documented;
  const told = await ofMachines(cluster, nodes, async (machine) => {
    const [system, disks, mounts] = await Promise.all([
      machine.list<{ devPath: string }>('systemdisks'),
      machine.list<Disk>('disks'),
      machine.list<MountStatus>('mountstatuses'),
    ]);
    return { system: system.map(({ spec }) => spec.devPath), disks: disks.map(({ spec }) => spec), mounts: mounts.map(({ spec }) => spec) };
  });
  for (const { node, vantage, value } of told) {
    const size = value.disks.find(({ dev_path }) => dev_path === '/dev/sda')?.size ?? 0;
    const below = value.mounts.filter(({ target }) => target === '/var').map(({ source }) => source);
    observe(equal(`system disk of ${node.name}`, { expected: ['/dev/sda'], saw: value.system, vantage }));
    observe({
      subject: `size of the system disk of ${node.name}`,
      vantage,
      expected: `at least ${promised.nodes.systemDiskBytes / 1e9} GB`,
      saw: `${(size / 1e9).toFixed(1)} GB`,
      held: size >= promised.nodes.systemDiskBytes,
    });
    observe({
      subject: `/var of ${node.name}`,
      vantage,
      expected: 'a partition of /dev/sda',
      saw: below.join(', ') || 'not mounted',
      held: below.length > 0 && below.every((source) => source.startsWith('/dev/sda')),
    });
  }
  for (const { node, vantage, value } of told.filter((each) => each.node.role === 'worker'))
    control({
      subject: `other disks of ${node.name}, by the same reading`,
      vantage,
      expected: 'some',
      saw:
        value.disks
          .map(({ dev_path }) => dev_path)
          .filter((path) => path !== '/dev/sda')
          .join(', ') || 'none',
      held: value.disks.some(({ dev_path }) => dev_path !== '/dev/sda'),
    });
});

/** Guide, Step 6. */
const mapCount = { key: 'vm.max_map_count', value: '262144' };

check(requirements['NODE-SYSCTL-MAP-COUNT'], async ({ cluster, observe, control }) => {
  const told = await ofMachines(cluster, workers(cluster), async (machine) => {
    const [file, other, params] = await Promise.all([
      machine.read('/proc/sys/vm/max_map_count'),
      machine.read('/proc/sys/vm/swappiness'),
      machine.list<{ current: string }>('kernelparamstatuses'),
    ]);
    return {
      file: file.toString().trim(),
      other: other.toString().trim(),
      status: params.filter(({ id }) => id === `proc.sys.${mapCount.key}`).map(({ spec }) => spec.current),
    };
  });
  for (const { node, vantage, value } of told) {
    observe(equal(`${mapCount.key} of ${node.name}`, { expected: mapCount.value, saw: value.file, vantage }));
    observe(equal(`KernelParamStatus ${mapCount.key} of ${node.name}`, { expected: [mapCount.value], saw: value.status, vantage }));
    control({
      subject: `another setting of ${node.name}, vm.swappiness, by the same reading`,
      vantage,
      expected: 'another number',
      saw: value.other,
      held: /^\d+$/.test(value.other) && value.other !== mapCount.value,
    });
  }
});

check(requirements['NODE-VERSION-TALOS'], async ({ cluster, observe, control }) => {
  const { nodes, versions } = cluster.documented;
  const { items } = await cluster.kubernetes.core.listNode();
  const told = await ofMachines(cluster, nodes, async (machine) => ({
    tag: (await machine.version()).version.tag,
    image: installImage(await machine.machineConfiguration()),
  }));
  for (const { node, vantage, value } of told) {
    observe(equal(`release that ${node.name} runs`, { expected: versions.talos, saw: value.tag, vantage }));
    observe(
      equal(`release of the image that ${node.name} is installed from`, { expected: versions.talos, saw: releaseOf(value.image), vantage }),
    );
  }
  for (const node of items) ofKubelet({ observe, control }, node, { talos: versions.talos, isTalos: isOffered(cluster, 'talos-os') });
});

/** What the kubelet tells of its machine. A stand-in for a Talos node tells its kubelet another system. */
function ofKubelet(
  { observe, control }: Pick<CheckContext, 'observe' | 'control'>,
  { metadata, status }: V1Node,
  { talos, isTalos }: { talos: string; isTalos: boolean },
): void {
  const { osImage = 'none', kubeletVersion = 'none' } = status?.nodeInfo ?? {};
  if (isTalos) observe(equal(`system of ${metadata?.name} as its kubelet tells it`, { expected: `Talos (${talos})`, saw: osImage }));
  control({
    subject: `release of the kubelet of ${metadata?.name}`,
    vantage: atApi,
    expected: `another than ${talos}`,
    saw: kubeletVersion,
    held: kubeletVersion !== 'none' && kubeletVersion !== talos,
  });
}

/** What is read of a machine configuration; it holds keys, so nothing else of it is kept. */
interface ConfigurationDocument {
  readonly machine?: { readonly install?: { readonly image?: string } };
  readonly cluster?: { readonly network?: { readonly cni?: { readonly name?: string } } };
}

/** The document of a machine configuration that has this part. */
function documentWith(part: keyof ConfigurationDocument, configuration: string): ConfigurationDocument | undefined {
  const documents = parseAllDocuments(configuration).map((each) => each.toJS() as ConfigurationDocument);
  return documents.find((each) => each[part] !== undefined);
}

/** The installer's image in a machine configuration. */
function installImage(configuration: string): string {
  return documentWith('machine', configuration)?.machine?.install?.image ?? 'none';
}

function isOffered({ descriptor }: Pick<Cluster, 'descriptor'>, capability: CapabilityName): boolean {
  const offered = descriptor.capabilities[capability];
  return offered !== undefined && offered.kind !== 'absent';
}

interface Extension {
  readonly metadata: { readonly name: string; readonly version: string };
}

/** An extension for another hypervisor, which the guide's schematic does not have (factory.talos.dev). */
const notAskedFor = 'qemu-guest-agent';

check(requirements['NODE-EXTENSIONS'], async ({ cluster, observe, control }) => {
  const { nodes, extensions } = cluster.documented;
  const told = await ofMachines(cluster, nodes, async (machine) =>
    (await machine.list<Extension>('extensionstatuses')).map(({ spec }) => spec.metadata),
  );
  const schematics = told.map(({ value }) => value.find(({ name }) => name === 'schematic')?.version ?? 'none');
  for (const { node, vantage, value } of told) {
    const wanted = [...extensions.everywhere, ...(node.role === 'worker' ? extensions.forLonghorn : [])];
    const names = value.map(({ name }) => name);
    observe(
      noneOf(`extensions that ${node.name} lacks`, {
        saw: wanted.filter((name) => !names.includes(name)),
        vantage,
        expected: `none of ${wanted.join(', ')}`,
      }),
    );
    control({
      subject: `another extension of the factory, ${notAskedFor}, on ${node.name}`,
      vantage,
      expected: 'not there, in a list that holds others',
      saw: `${names.includes(notAskedFor) ? 'there' : 'not there'}, ${names.length} others`,
      held: names.length > 0 && !names.includes(notAskedFor),
    });
  }
  observe({
    subject: 'schematics of the nodes',
    vantage: 'Talos API of every node',
    expected: 'one',
    saw: [...new Set(schematics)].join(', '),
    held: new Set(schematics).size === 1 && schematics[0] !== 'none',
  });
});

check(requirements['NODE-CNI-NONE'], async ({ cluster, observe, control }) => {
  const { kubernetes } = cluster;
  const [sets, maps] = await Promise.all([
    kubernetes.apps.listDaemonSetForAllNamespaces(),
    kubernetes.core.listConfigMapForAllNamespaces({ fieldSelector: 'metadata.namespace=kube-system' }),
  ]);
  const names = [
    ...sets.items.map(({ metadata }) => `DaemonSet ${metadata?.namespace}/${metadata?.name}`),
    ...maps.items.map(({ metadata }) => `ConfigMap ${metadata?.namespace}/${metadata?.name}`),
  ];
  observe(noneOf("objects of Talos's own network for pods, flannel", { saw: names.filter((name) => name.includes('flannel')) }));
  const told = await ofMachines(cluster, controlPlanes(cluster), async (machine) => cniName(await machine.machineConfiguration()));
  for (const { node, vantage, value } of told)
    observe(equal(`cluster.network.cni.name of ${node.name}`, { expected: 'none', saw: value, vantage }));
  control({
    subject: "Calico's agent, in the same list",
    vantage: atApi,
    expected: 'there',
    saw: names.filter((name) => name.endsWith('/calico-node')).join(', ') || 'not there',
    held: names.some((name) => name.startsWith('DaemonSet') && name.endsWith('/calico-node')),
  });
});

/** Talos's default is flannel (talos.dev: cluster.network.cni). */
function cniName(configuration: string): string {
  return documentWith('cluster', configuration)?.cluster?.network?.cni?.name ?? 'flannel, by default';
}

/** A registry that has no mirror in the guide. */
const unlisted = 'registry.gitlab.com';

check(requirements['NODE-REGISTRY-MIRRORS'], async ({ cluster, observe, control }) => {
  const { nodes, registryMirrors } = cluster.documented;
  for (const node of nodes) {
    const vantage = `Talos API of ${node.name}`;
    const read = async (registry: string): Promise<string> =>
      ofMachine(cluster, node, async (machine) => (await machine.read(hostsFile(registry))).toString());
    for (const [registry, url] of Object.entries(registryMirrors))
      observe(
        equal(`servers that the runtime of ${node.name} asks for ${registry}`, {
          expected: [url],
          saw: mirrorEndpoints(await read(registry)),
          vantage,
        }),
      );
    const other = await ofMachine(cluster, node, async (machine) => machine.read(hostsFile(unlisted))).then(
      () => 'a file',
      (error: unknown) => notFound(error),
    );
    control(equal(`the runtime's file for ${unlisted} on ${node.name}`, { expected: 'none', saw: other, vantage }));
  }
});

/** Where Talos writes what containerd reads of a registry (talos.dev: containerd, registry hosts). */
function hostsFile(registry: string): string {
  return `/etc/cri/conf.d/hosts/${registry}/hosts.toml`;
}

function notFound(error: unknown): string {
  if (error instanceof TalosError && error.kind === 'not-found') return 'none';
  throw error;
}
