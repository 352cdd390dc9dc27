import { join } from 'node:path';
import { type Profile, documentedCluster } from '../../guide/cluster.ts';
import type { ClusterDescriptor, Vantage } from '../../harness/cluster/descriptor.ts';
import type { Capability, StepOutcome } from '../../harness/run-record.ts';
import { machineAtAdmin, onAdmin } from './admin.ts';
import { labHosts } from './network.ts';
import { type Site, enterSite } from './site/site.ts';

interface LabFacts {
  readonly name: string;
  readonly profile: Profile;
  readonly site: Site;
  readonly folder: string;
  readonly steps: readonly StepOutcome[];
}

/** A lab in the words that the suites understand. */
export function describeLab({ name, profile, site, folder, steps }: LabFacts): ClusterDescriptor {
  const enter = enterSite(site);
  return {
    schemaVersion: 1,
    provider: 'lab',
    name,
    profile,
    kubeconfig: join(folder, 'admin/kubeconfig'),
    capabilities,
    vantages: [...hostVantages(enter), ...nodeVantages(enter, profile)],
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
    ...podLogs.map(({ namespace, selector }) => ({ title: `Last lines of ${selector}`, command: [...kubectl, 'logs', '-n', namespace, '-l', selector, '--tail=8', '--prefix'] })),
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

function nodeVantages(enter: readonly string[], profile: Profile): Vantage[] {
  return documentedCluster(profile).nodes.map(({ name, address, role }) => ({
    name,
    address,
    role,
    where: 'node' as const,
    command: [...enter, '/lab/site/in-node.sh', name],
  }));
}

/** Design: what is real in the lab, and what cannot run there; docs/stand-ins.md says how far each stand-in goes. */
const capabilities: Record<string, Capability> = {
  kubernetes: { kind: 'real', version: 'v1.30.8' },
  calico: { kind: 'real', version: 'v3.28.5 (the newest whose modules can be had; the guide says v3.30.5)' },
  metallb: { kind: 'real', version: 'v0.14.9' },
  'metrics-server': { kind: 'real', version: 'v0.7.2' },
  prometheus: { kind: 'real', version: 'v3.16.0, kube-state-metrics v2.13.0, node-exporter v1.9.1' },
  'outside-vantage': { kind: 'real', version: 'network namespaces with the documented addresses' },
  'node-power': { kind: 'real', version: 'process trees that die at once' },
  vip: { kind: 'stand-in', for: "Talos's VIP election", reason: 'Talos is not to be had as Go modules; the same etcd election by etcdctl' },
  'node-shell': { kind: 'stand-in', for: 'a Talos node', reason: 'a Debian user space with the Talos services stands for it' },
  'talos-api': { kind: 'stand-in', for: "Talos's API", reason: 'Talos is not to be had as Go modules; the same gRPC API over what the nodes really do' },
  longhorn: { kind: 'stand-in', for: 'Longhorn', reason: 'it needs iSCSI in the kernel and images that cannot be had; the same CRDs, API and replication over TCP' },
  canine: { kind: 'stand-in', for: 'Canine', reason: 'a Ruby on Rails application that cannot be had here; the same REST API and Kubernetes objects' },
  opencost: { kind: 'stand-in', for: 'OpenCost', reason: 'the release that the guide installs cannot be had; the same API and formula over the real Prometheus' },
};
