import { stringify } from 'yaml';
import type { DocumentedCluster, DocumentedNode, Profile } from '../../../guide/cluster.ts';
import type { ClusterSecrets } from '../pki/cluster-pki.ts';
import type { TalosPki } from '../pki/talos-pki.ts';

export interface MachineConfigFacts {
  readonly profile: Profile;
  readonly cluster: DocumentedCluster;
  readonly node: DocumentedNode;
  readonly talos: TalosPki;
  readonly secrets: ClusterSecrets;
}

/** The system extensions that an image has, by the name that the image factory gives to the set (guide: Step 1, Step 4). */
export const schematics: Readonly<Record<Profile, string>> = {
  'as-written': 'dfd1ac9abdf529ca644694b17af0ce1a2ae23a5cccdff39439aa7f0774901e90',
  // The same set with util-linux-tools (erratum E12); the name is the digest of the set's description, as the factory makes it.
  corrected: 'a28d86375cf9debe952efbcbe8e2886cf0a174b1f4dd733512600a40334977d7',
};

/** The NIC's name in the guide's configuration; on the lab's nodes it is the card's other name. */
const nic = 'ens192';

/**
 * A node's machine configuration after the guide's Step 4 to Step 8 and Prepare Worker Disks: what `talosctl gen config` makes,
 * the control plane's or the worker's patch, the node's own, and the workers' disks.
 */
export function machineConfiguration(facts: MachineConfigFacts): string {
  const main = { version: 'v1alpha1', debug: false, persist: true, machine: machine(facts), cluster: clusterPart(facts) };
  const documents = [main, ...(facts.node.role === 'worker' && facts.profile === 'corrected' ? [dataVolume] : [])];
  return documents.map((document) => stringify(document, { indent: 4, lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}

function machine(facts: MachineConfigFacts): object {
  const { cluster, node, talos, profile } = facts;
  const isControlPlane = node.role === 'control-plane';
  return {
    type: isControlPlane ? 'controlplane' : 'worker',
    token: talos.machineToken,
    ca: { crt: base64(talos.authority.certificate), key: isControlPlane ? base64(talos.authority.key) : '' },
    certSANs: isControlPlane ? certificateNames(cluster) : [],
    kubelet: kubelet(facts),
    network: network(facts),
    ...(isControlPlane ? {} : workerDisk(facts)),
    install: { disk: '/dev/sda', image: `factory.talos.dev/installer/${schematics[profile]}:${cluster.versions.talos}`, wipe: false },
    ...(isControlPlane ? {} : { sysctls: { 'vm.max_map_count': '262144' } }),
    registries: { mirrors },
    features: {
      rbac: true,
      stableHostname: true,
      apidCheckExtKeyUsage: true,
      diskQuotaSupport: true,
      kubePrism: { enabled: true, port: 7445 },
      hostDNS: { enabled: true, forwardKubeDNSToHost: true },
    },
    ...(isControlPlane ? { nodeLabels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } : {}),
  };
}

/** Guide: Step 5, `certSANs`. */
function certificateNames(cluster: DocumentedCluster): string[] {
  return [
    cluster.vip.address,
    cluster.vip.hostname,
    ...cluster.nodes.filter(({ role }) => role === 'control-plane').map(({ address }) => address),
  ];
}

/** Guide: Step 6, `extraMounts`; E67: one path for the disk, the kubelet and Longhorn. */
function kubelet({ profile, cluster, node }: MachineConfigFacts): object {
  const { diskMount, dataPath } = cluster.storage;
  const mount = (source: string): object => ({ destination: dataPath, type: 'bind', source, options: ['bind', 'rshared', 'rw'] });
  const extraMounts = profile === 'as-written' ? [mount(diskMount), mount(dataPath)] : [mount(diskMount)];
  return {
    image: `ghcr.io/siderolabs/kubelet:${cluster.versions.kubernetes}`,
    defaultRuntimeSeccompProfileEnabled: true,
    disableManifestsDirectory: true,
    nodeIP: { validSubnets: [cluster.lan.cidr] },
    ...(node.role === 'worker' ? { extraMounts } : {}),
  };
}

/** Guide: Step 7. */
function network({ cluster, node }: MachineConfigFacts): object {
  const prefix = cluster.lan.cidr.split('/')[1] ?? '24';
  const hosts = [
    { ip: cluster.vip.address, aliases: [cluster.vip.hostname] },
    ...cluster.nodes.map(({ name, address }) => ({ ip: address, aliases: [name] })),
  ];
  return {
    hostname: node.name,
    interfaces: [
      {
        interface: nic,
        addresses: [`${node.address}/${prefix}`],
        routes: [{ network: '0.0.0.0/0', gateway: cluster.lan.gateway }],
        dhcp: false,
        ...(node.role === 'control-plane' ? { vip: { ip: cluster.vip.address } } : {}),
      },
    ],
    extraHostEntries: hosts,
  };
}

/**
 * Guide: Step 6, `disks`, and Prepare Worker Disks: the second patch for the same disk is added to the first (erratum E04).
 * E05 has a volume document instead.
 */
function workerDisk({ profile, cluster }: MachineConfigFacts): object {
  if (profile === 'corrected') return {};
  const { diskMount, dataPath } = cluster.storage;
  return { disks: [diskMount, dataPath].map((mountpoint) => ({ device: '/dev/sdb', partitions: [{ mountpoint }] })) };
}

/** E05: Talos mounts a user volume at /var/mnt/NAME. */
const dataVolume = {
  apiVersion: 'v1alpha1',
  kind: 'UserVolumeConfig',
  name: 'longhorn',
  provisioning: { diskSelector: { match: 'disk.dev_path == "/dev/sdb"' }, minSize: '90GB', grow: true },
  filesystem: { type: 'xfs' },
};

/** Guide: Step 5 and Step 6. */
const mirrors = Object.fromEntries(
  Object.entries({ 'docker.io': 2053, 'gcr.io': 2083, 'ghcr.io': 2087, 'quay.io': 8443, 'registry.k8s.io': 2096 }).map(
    ([registry, port]) => [registry, { endpoints: [`https://registry.vaheed.net:${port}`] }],
  ),
);

function clusterPart({ cluster, node, talos, secrets }: MachineConfigFacts): object {
  const isControlPlane = node.role === 'control-plane';
  return {
    id: talos.clusterId,
    secret: talos.clusterSecret,
    controlPlane: { endpoint: `https://${cluster.vip.hostname}:6443` },
    clusterName: cluster.name,
    network: {
      ...(isControlPlane ? { cni: { name: 'none' } } : {}),
      dnsDomain: 'cluster.local',
      podSubnets: [cluster.podCidr],
      serviceSubnets: [cluster.serviceCidr],
    },
    token: talos.bootstrapToken,
    ...(isControlPlane ? { secretboxEncryptionSecret: talos.secretboxSecret } : {}),
    ca: isControlPlane ? pair(secrets.kubernetes) : { crt: base64(secrets.kubernetes.certificate), key: '' },
    ...(isControlPlane ? controlPlaneParts({ cluster, talos, secrets }) : {}),
    discovery: { enabled: true, registries: { kubernetes: { disabled: true }, service: {} } },
    ...(isControlPlane ? { etcd: { ca: pair(secrets.etcd) }, allowSchedulingOnControlPlanes: false } : {}),
  };
}

function controlPlaneParts({ cluster, secrets }: Pick<MachineConfigFacts, 'cluster' | 'talos' | 'secrets'>): object {
  const image = (name: string): string => `registry.k8s.io/${name}:${cluster.versions.kubernetes}`;
  return {
    aggregatorCA: pair(secrets.frontProxy),
    serviceAccount: { key: base64(secrets.serviceAccountKey) },
    apiServer: {
      image: image('kube-apiserver'),
      certSANs: [cluster.vip.hostname],
      disablePodSecurityPolicy: true,
      admissionControl: [{ name: 'PodSecurity', configuration: podSecurity }],
      auditPolicy: { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] },
    },
    controllerManager: { image: image('kube-controller-manager') },
    proxy: { image: image('kube-proxy') },
    scheduler: { image: image('kube-scheduler') },
  };
}

/** Talos's default for every cluster: baseline enforced, restricted warned of. */
const podSecurity = {
  apiVersion: 'pod-security.admission.config.k8s.io/v1alpha1',
  kind: 'PodSecurityConfiguration',
  defaults: {
    enforce: 'baseline',
    'enforce-version': 'latest',
    audit: 'restricted',
    'audit-version': 'latest',
    warn: 'restricted',
    'warn-version': 'latest',
  },
  exemptions: { usernames: [], runtimeClasses: [], namespaces: ['kube-system'] },
};

function pair({ certificate, key }: { certificate: string; key: string }): object {
  return { crt: base64(certificate), key: base64(key) };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
