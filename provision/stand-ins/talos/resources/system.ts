import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { sysctlPath } from '../node/effects.ts';
import { type Machine, talosVersion } from '../node/machine.ts';
import { listServices } from '../node/services.ts';
import type { Resource, ResourceType } from './definition.ts';

/** Resources of the machine, its configuration, Kubernetes and the cluster. */
export const systemTypes: readonly ResourceType[] = [
  {
    type: 'MachineConfigs.config.talos.dev',
    namespace: 'config',
    aliases: ['machineconfig', 'machineconfigs', 'mc'],
    sensitive: true,
    read: machineConfigs,
  },
  {
    type: 'MachineTypes.config.talos.dev',
    namespace: 'config',
    read: async ({ configuration }) => [{ id: 'machine-type', spec: configuration.isControlPlane ? 'controlplane' : 'worker' }],
  },
  {
    type: 'MachineStatuses.runtime.talos.dev',
    namespace: 'runtime',
    columns: [
      ['Stage', '{.stage}'],
      ['Ready', '{.status.ready}'],
    ],
    read: machineStatus,
  },
  {
    type: 'Services.v1alpha1.talos.dev',
    namespace: 'runtime',
    aliases: ['svc'],
    columns: [
      ['Running', '{.running}'],
      ['Healthy', '{.healthy}'],
    ],
    read: services,
  },
  {
    type: 'KernelParamStatuses.runtime.talos.dev',
    namespace: 'runtime',
    aliases: ['sysctls', 'kernelparameters', 'kernelparams'],
    columns: [
      ['Current', '{.current}'],
      ['Default', '{.default}'],
    ],
    read: kernelParams,
  },
  {
    type: 'ExtensionStatuses.runtime.talos.dev',
    namespace: 'runtime',
    aliases: ['extensions'],
    columns: [
      ['Name', '{.metadata.name}'],
      ['Version', '{.metadata.version}'],
    ],
    read: extensions,
  },
  {
    type: 'PlatformMetadatas.talos.dev',
    namespace: 'runtime',
    columns: [['Platform', '{.platform}']],
    read: async () => [{ id: 'platformmetadata', spec: { platform: 'metal', hostname: hostname() } }],
  },
  { type: 'KubeSpanConfigs.kubespan.talos.dev', namespace: 'config', sensitive: true, read: kubeSpan },
  {
    type: 'Nodenames.kubernetes.talos.dev',
    namespace: 'k8s',
    columns: [['Nodename', '{.nodename}']],
    read: async () => [{ id: 'nodename', spec: { nodename: hostname(), hostnameVersion: '1', skipNodeRegistration: false } }],
  },
  { type: 'KubeletSpecs.kubernetes.talos.dev', namespace: 'k8s', read: kubeletSpec },
  { type: 'NodeIPConfigs.kubernetes.talos.dev', namespace: 'k8s', read: nodeIpConfig },
  { type: 'EtcdMembers.etcd.talos.dev', namespace: 'etcd', columns: [['Member ID', '{.memberID}']], read: etcdMember },
  {
    type: 'Members.cluster.talos.dev',
    namespace: 'cluster',
    columns: [
      ['Hostname', '{.hostname}'],
      ['Machine Type', '{.machineType}'],
      ['OS', '{.operatingSystem}'],
      ['Addresses', '{.addresses}'],
    ],
    read: async ({ hardware }) =>
      hardware.members.map(({ name, address, role }) => ({
        id: name,
        spec: {
          nodeId: `lab-${name}`,
          addresses: [address],
          hostname: name,
          machineType: role,
          operatingSystem: `Talos (${talosVersion})`,
          ...(role === 'controlplane' ? { controlPlane: { port: 6443 } } : {}),
        },
      })),
  },
];

async function machineConfigs({ configuration }: Machine): Promise<Resource[]> {
  return [
    { id: 'v1alpha1', spec: configuration.text, version: configuration.version },
    { id: 'persistent', spec: await configuration.persistent(), version: configuration.version },
  ];
}

async function machineStatus({ places, configuration }: Machine): Promise<Resource[]> {
  const unhealthy = (await listServices(places, configuration.isControlPlane)).filter(({ health }) => health?.healthy !== true);
  const unmetConditions =
    unhealthy.length === 0 ? [] : [{ name: 'services', reason: `${unhealthy.map(({ id }) => id).join(', ')} not healthy` }];
  return [{ id: 'machine', spec: { stage: 'running', status: { ready: unmetConditions.length === 0, unmetConditions } } }];
}

async function services({ places, configuration }: Machine): Promise<Resource[]> {
  return (await listServices(places, configuration.isControlPlane)).map(({ id, state, health }) => ({
    id,
    spec: { running: state === 'Running', healthy: health?.healthy ?? false, unknown: false },
  }));
}

async function kernelParams({ configuration }: Machine): Promise<Resource[]> {
  const keys = ['net.ipv4.ip_forward', 'vm.max_map_count', ...Object.keys(configuration.main.machine?.sysctls ?? {})];
  const found = await Promise.all(
    [...new Set(keys)].toSorted().map(async (key) => {
      const current = await readFile(sysctlPath(key), 'utf8').catch(() => undefined);
      return { id: `proc.sys.${key}`, spec: { current: current?.trim() ?? '', default: '', unsupported: current === undefined } };
    }),
  );
  return found;
}

/** The last one names the whole set, as the image factory does. */
async function extensions({ hardware }: Machine): Promise<Resource[]> {
  const all = [
    ...hardware.extensions,
    {
      name: 'schematic',
      version: hardware.schematic,
      description: 'Virtual extension which specifies the schematic of the image built with Image Factory.',
    },
  ];
  return all.map(({ name, version, description }, index) => ({
    id: String(index),
    spec: {
      image: `${index}.sqsh`,
      metadata: {
        name,
        version,
        author: name === 'schematic' ? 'Image Factory' : 'Sidero Labs',
        description,
        compatibility: { talos: { version: '>= v1.0.0' } },
      },
    },
  }));
}

async function kubeSpan({ configuration }: Machine): Promise<Resource[]> {
  const { kubespan } = configuration.main.machine?.network ?? {};
  return [
    {
      id: 'kubespan',
      spec: {
        enabled: kubespan?.enabled ?? false,
        clusterId: configuration.main.cluster?.id ?? '',
        sharedSecret: '',
        forceRouting: true,
        advertiseKubernetesNetworks: false,
        mtu: kubespan?.mtu ?? 1420,
        harvestExtraEndpoints: false,
      },
    },
  ];
}

async function kubeletSpec({ configuration, places }: Machine): Promise<Resource[]> {
  const { image, extraMounts = [] } = configuration.main.machine?.kubelet ?? {};
  const config: unknown = parse(await readFile(join(places.etc, 'kubernetes/kubelet.yaml'), 'utf8').catch(() => '{}'));
  return [{ id: 'kubelet', spec: { image, ...(extraMounts.length > 0 ? { extraMounts } : {}), expectedNodename: hostname(), config } }];
}

/** Talos never lets the kubelet choose a pod's, a Service's or the virtual address. */
async function nodeIpConfig({ configuration }: Machine): Promise<Resource[]> {
  const { machine, cluster } = configuration.main;
  const vips = (machine?.network?.interfaces ?? []).flatMap(({ vip }) => (vip?.ip === undefined ? [] : [vip.ip]));
  return [
    {
      id: 'kubelet',
      spec: {
        validSubnets: machine?.kubelet?.nodeIP?.validSubnets ?? ['0.0.0.0/0'],
        excludeSubnets: [...(cluster?.network?.podSubnets ?? []), ...(cluster?.network?.serviceSubnets ?? []), ...vips],
      },
    },
  ];
}

async function etcdMember({ configuration, etcd }: Machine): Promise<Resource[]> {
  if (!configuration.isControlPlane) return [];
  const { memberId } = await etcd.status();
  return [{ id: 'local', spec: { memberID: BigInt(memberId).toString(16).padStart(16, '0') } }];
}
