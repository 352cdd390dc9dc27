import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Profile, documentedCluster } from '../../guide/cluster.ts';
import type { ClusterDescriptor, Vantage } from '../../harness/platform/descriptor.ts';
import type { StepOutcome } from '../../harness/engine/run-record.ts';
import type { OptionName } from '../options.ts';
import { adminEnvironment, machineAtAdmin, onAdmin } from './admin.ts';
import { labCapabilities } from './capabilities.ts';
import { labHosts } from './network.ts';
import { type Site, asCommand, enterSite } from './site/site.ts';

interface LabFacts {
  readonly name: string;
  readonly profile: Profile;
  readonly options: readonly OptionName[];
  readonly site: Site;
  readonly folder: string;
  readonly steps: readonly StepOutcome[];
  /** The time that the guide's steps took, which tells how fast this machine is. */
  readonly stepsMs: number;
}

/** The reader's folder and programs, as one command to put before another. */
function guideReader(site: Site, environment: Readonly<Record<string, string>>): string[] {
  return [...onAdmin(site), 'env', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
}

/** A lab in the words that the suites understand. */
export async function describeLab({ name, profile, options, site, folder, steps, stepsMs }: LabFacts): Promise<ClusterDescriptor> {
  const enter = [...(await asCommand(folder)), ...enterSite(site)];
  return {
    schemaVersion: 1,
    provider: 'lab',
    ...ofThisMachine(availableParallelism(), stepsMs),
    name,
    profile,
    options: [...options],
    kubeconfig: join(folder, 'admin/kubeconfig'),
    talosconfig: join(folder, 'admin/talosconfig'),
    canineLogin: join(folder, 'admin/canine-login.json'),
    guideReader: guideReader(site, await adminEnvironment()),
    capabilities: await labCapabilities(profile, options),
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

/** The guide's steps take this long on two quiet processors (bench/warm-up.ts). */
const quietStepsMs = 60_000;
const mostPatience = 6;

/**
 * The nodes of a lab share the processors of this machine. With eight checks at a time on two of them probes ran into their
 * time-out (seen), and waits for pods were too short at half the usual speed (seen). Machines of the same processors differ by a
 * factor of four (seen), so the lab's own building is the measure.
 */
export function ofThisMachine(processors: number, stepsMs: number): Pick<ClusterDescriptor, 'checksAtOnce' | 'patience'> {
  const slowness = Math.round(stepsMs / quietStepsMs);
  return {
    checksAtOnce: slowness > 2 ? Math.min(8, processors) : Math.min(8, processors + 1),
    patience: Math.min(mostPatience, Math.max(slowness, processors < 4 ? 2 : 1)),
  };
}
