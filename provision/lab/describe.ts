import { join } from 'node:path';
import { type Profile, documentedCluster } from '../../guide/cluster.ts';
import type { ClusterDescriptor, Vantage } from '../../harness/platform/descriptor.ts';
import type { Capability, StepOutcome } from '../../harness/engine/run-record.ts';
import { adminEnvironment, machineAtAdmin, onAdmin } from './admin.ts';
import { labHosts } from './network.ts';
import { type Site, enterSite } from './site/site.ts';

interface LabFacts {
  readonly name: string;
  readonly profile: Profile;
  readonly site: Site;
  readonly folder: string;
  readonly steps: readonly StepOutcome[];
}

/** The reader's folder and programs, as one command to put before another. */
function guideReader(site: Site, environment: Readonly<Record<string, string>>): string[] {
  return [...onAdmin(site), 'env', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
}

/** A lab in the words that the suites understand. */
export async function describeLab({ name, profile, site, folder, steps }: LabFacts): Promise<ClusterDescriptor> {
  const enter = enterSite(site);
  return {
    schemaVersion: 1,
    provider: 'lab',
    name,
    profile,
    kubeconfig: join(folder, 'admin/kubeconfig'),
    talosconfig: join(folder, 'admin/talosconfig'),
    canineLogin: join(folder, 'admin/canine-login.json'),
    guideReader: guideReader(site, await adminEnvironment()),
    capabilities,
    vantages: [...hostVantages(enter), ...nodeVantages(enter, name, profile)],
    // The checks need the whole machine (their packages, the report's folder), but the workstation's network and names.
    runner: machineAtAdmin(site, folder),
    probe: '/opt/lab/kubernetes/agnhost',
    steps: [...steps],
    diagnosis: diagnosisOf(site, folder, profile),
  };
}

const podLogs = [
  { namespace: 'calico-system', selector: 'k8s-app=calico-node' },
  { namespace: 'kube-system', selector: 'k8s-app=kube-proxy' },
  { namespace: 'metallb-system', selector: 'app=metallb' },
];

/** What explains a lab that misbehaves: what Kubernetes says, then the ends of the nodes' own logs. */
function diagnosisOf(site: Site, folder: string, profile: Profile): ClusterDescriptor['diagnosis'] {
  const kubectl = [...onAdmin(site), '/opt/lab/kubernetes/kubectl', '--kubeconfig=kubeconfig', '--request-timeout=10s'];
  const logs = documentedCluster(profile).nodes.flatMap(({ name, role }) =>
    ['kubelet', 'containerd', ...(role === 'control-plane' ? ['etcd', 'vip'] : [])].map((service) => ({
      title: `${name}: last lines of ${service}`,
      command: ['tail', '-n', '10', join(folder, 'nodes', name, `disk/var/log/${service}/current`)],
    })),
  );
  return [
    { title: 'Nodes', command: [...kubectl, 'get', 'nodes', '-o', 'wide'] },
    { title: 'Pods', command: [...kubectl, 'get', 'pods', '-A', '-o', 'wide'] },
    { title: 'Warnings', command: [...kubectl, 'get', 'events', '-A', '--field-selector=type=Warning', '--sort-by=.lastTimestamp'] },
    { title: 'Load balancers', command: [...kubectl, 'get', 'services,ipaddresspools,l2advertisements,servicel2statuses', '-A'] },
    ...podLogs.map(({ namespace, selector }) => ({
      title: `Last lines of ${selector}`,
      command: [...kubectl, 'logs', '-n', namespace, '-l', selector, '--tail=8', '--prefix'],
    })),
    ...logs,
  ];
}

function hostVantages(enter: readonly string[]): Vantage[] {
  return labHosts.map(({ name, address, role, network }) => ({
    name,
    address,
    role,
    where: network.bridge === 'br-lan' ? 'lan' : 'outside',
    command: [...enter, 'ip', 'netns', 'exec', name],
  }));
}

function nodeVantages(enter: readonly string[], lab: string, profile: Profile): Vantage[] {
  const conform = join(import.meta.dirname, '../../conform');
  const power = (state: 'on' | 'off', node: string): string[] => [conform, 'power', state, node, '--name', lab];
  return documentedCluster(profile).nodes.map(({ name, address, role }) => ({
    name,
    address,
    role,
    where: 'node' as const,
    command: [...enter, '/lab/site/in-node.sh', name],
    power: { off: power('off', name), on: power('on', name) },
  }));
}

/** Design: what is real in the lab, and what cannot run there; docs/stand-ins.md says how far each stand-in goes. */
export const capabilities: Readonly<Record<string, Capability>> = {
  kubernetes: { kind: 'real', version: 'v1.30.8' },
  calico: { kind: 'real', version: 'v3.28.5 (the newest whose modules can be had; the guide says v3.30.5)' },
  'calico-release': { kind: 'absent', reason: 'the newest modules of Calico that can be had here are v3.28.5, the guide installs v3.30.5' },
  'calico-operator': { kind: 'absent', reason: "the modules of Tigera's operator cannot be had here; the lab's steps apply what it would" },
  metallb: { kind: 'real', version: 'v0.14.9' },
  'metrics-server': { kind: 'real', version: 'v0.7.2' },
  prometheus: { kind: 'real', version: 'v3.16.0, kube-state-metrics v2.13.0, node-exporter v1.9.1' },
  'outside-vantage': { kind: 'real', version: 'network namespaces with the documented addresses' },
  'node-power': { kind: 'real', version: 'process trees that die at once' },
  vip: { kind: 'stand-in', for: "Talos's VIP election", reason: 'Talos is not to be had as Go modules; the same etcd election by etcdctl' },
  'node-shell': { kind: 'stand-in', for: 'a Talos node', reason: 'a Debian user space with the Talos services stands for it' },
  'talos-api': {
    kind: 'stand-in',
    for: "Talos's API",
    reason: 'Talos is not to be had as Go modules; the same gRPC API over what the nodes really do',
  },
  'talos-firewall': {
    kind: 'stand-in',
    for: "Talos's host firewall",
    reason: 'Talos is not to be had as Go modules; the same rules, from the same documents, by nftables',
  },
  'guide-scripts': { kind: 'real', version: 'the scripts of the guide on the admin workstation, in the form of the profile' },
  'registry-mirrors': {
    kind: 'absent',
    reason: 'registry.vaheed.net is a host outside the cluster that the guide assumes; the lab has no upstream registries to mirror',
  },
  'cert-manager': { kind: 'absent', reason: 'OPT-1 is not installed: its modules and an ACME server cannot be had here' },
  'ingress-nginx': {
    kind: 'absent',
    reason: 'OPT-2 is not installed: the controller is built on nginx with Lua modules that cannot be had here',
  },
  falco: { kind: 'absent', reason: 'OPT-5 is not installed: it needs kernel probes that cannot be had here' },
  'dedicated-worker': { kind: 'absent', reason: 'OPT-7 is not applied: it would take a worker from the tenants' },
  longhorn: {
    kind: 'stand-in',
    for: 'Longhorn',
    reason: 'it needs iSCSI in the kernel and images that cannot be had; the same CRDs, API and replication over TCP',
  },
  canine: {
    kind: 'stand-in',
    for: 'Canine',
    reason: 'a Ruby on Rails application that cannot be had here; the same REST API and Kubernetes objects',
  },
  opencost: {
    kind: 'stand-in',
    for: 'OpenCost',
    reason: 'the release that the guide installs cannot be had; the same API and formula over the real Prometheus',
  },
};
