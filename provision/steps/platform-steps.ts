import { createHash } from 'node:crypto';
import type { Profile } from '../../guide/cluster.ts';
import type { OptionName } from '../options.ts';
import { correcting, file, kubectl, own, patch, rollout, upstream } from './builders.ts';
import type { Action, Readiness, Step } from './step.ts';

const namespaces = ['longhorn-system', 'canine', 'prometheus-system', 'opencost'] as const;

/** Guide: the platform's namespaces, each from the section that installs into it. */
export function platformNamespaces(profile: Profile): Step[] {
  const headings = {
    'longhorn-system': 'Install Longhorn',
    canine: 'Step 1: Create Canine Namespace',
    'prometheus-system': 'Step 1: Install Prometheus',
    opencost: 'Step 2: Create OpenCost Namespace',
  };
  return namespaces.map((name) => {
    const create = kubectl('create', 'namespace', name);
    const label = kubectl('label', 'namespace', name, ...privilegedLabels(name), '--overwrite');
    return { id: `namespace-${name}`, title: `Namespace ${name}`, guide: headings[name], actions: [create, ...labelling(name, label)] };
  });

  /** The guide labels every platform namespace but that of Prometheus. */
  function labelling(name: (typeof namespaces)[number], label: Action): Action[] {
    if (name !== 'prometheus-system') return [label];
    return profile === 'corrected' ? [correcting(['E35'], label)] : [];
  }
}

function privilegedLabels(namespace: (typeof namespaces)[number]): string[] {
  const modes = namespace === 'canine' ? ['enforce', 'audit', 'warn'] : ['enforce'];
  return modes.map((mode) => `pod-security.kubernetes.io/${mode}=privileged`);
}

/** Guide: Storage Configuration. */
export function storageSteps(profile: Profile): Step[] {
  return [
    {
      id: 'longhorn',
      title: 'Longhorn',
      guide: 'Install Longhorn',
      actions: [
        upstream('longhorn-crds'),
        own('longhorn/default-setting', profile, ['E26', 'E67']),
        file('longhorn/longhorn'),
        file('longhorn/storage-class'),
        file('longhorn/driver-deployer'),
        file('longhorn/ui'),
      ],
      ready: readyIn(
        'longhorn-system',
        'daemonset/longhorn-manager',
        'daemonset/longhorn-csi-plugin',
        'deployment/longhorn-ui',
        'deployment/csi-provisioner',
        'deployment/csi-attacher',
        'deployment/csi-resizer',
        'deployment/csi-snapshotter',
      ),
    },
    {
      id: 'longhorn-ui',
      title: 'Longhorn UI at .100',
      guide: 'Expose Longhorn UI (Admin only — see IP Allowlist section)',
      actions: [own('longhorn/ui-service', profile, ['E19'])],
    },
  ];
}

/** The engine that `manifests/longhorn/longhorn.yaml` names. */
const engineImage = 'docker.io/longhornio/longhorn-engine:v1.10.0-rc3';
/** The manager names the DaemonSet after its image (longhorn-manager v1.10, types.GetEngineImageChecksumName). */
const engineImageDaemonSet = `engine-image-ei-${createHash('sha512').update(engineImage).digest('hex').slice(0, 8)}`;
/** Longhorn's own is 5 s (datastore.PodProbePeriodSeconds). */
const engineProbeSeconds = 60;

/**
 * Not in the guide: two probes of each engine-image pod start the engine's program every 5 s, a third of all that an idle lab costs
 * (measured). The manager has made the DaemonSet, and does not write it again.
 */
export const slowerEngineProbes: Step = {
  id: 'longhorn-engine-probes',
  title: 'Fewer probes of the engine image',
  guide: 'Install Longhorn',
  gate: [rollout(`daemonset/${engineImageDaemonSet}`, 'longhorn-system')],
  actions: [kubectl('-n', 'longhorn-system', 'patch', 'daemonset', engineImageDaemonSet, '--patch', JSON.stringify(engineProbes()))],
};

function engineProbes(): object {
  const probe = { periodSeconds: engineProbeSeconds };
  const container = { name: engineImageDaemonSet, livenessProbe: probe, readinessProbe: probe };
  return { spec: { template: { spec: { containers: [container] } } } };
}

/** Guide: Canine, Step 5. */
export function canine(profile: Profile): Step {
  return {
    id: 'canine',
    title: 'Canine dashboard at .101',
    guide: 'Step 5: Install Canine',
    // The guide waits for Longhorn too. Where the disks are too small (erratum E27), the first claims get the room.
    gate: [rollout('daemonset/longhorn-manager', 'longhorn-system'), rollout('daemonset/longhorn-csi-plugin', 'longhorn-system')],
    actions: [file('canine/canine'), own('canine/service', profile, ['E19', 'E36'])],
    ready: readyIn('canine', 'deployment/canine'),
  };
}

/**
 * The largest claim comes last. Where the disks are too small for all claims (erratum E27), chance would otherwise decide which
 * claim gets no room, and it could be Canine's own.
 */
export const canineBuilder: Step = {
  id: 'canine-builder',
  title: "Canine's builder, with the largest claim",
  guide: 'Step 5: Install Canine',
  gate: [rollout('deployment/canine', 'canine')],
  actions: [file('canine/buildkit')],
};

/** Corrected, the rules of OPT-4 are values of the chart: they are there when the server starts. */
function alertingRules(profile: Profile, options: readonly OptionName[]): Action[] {
  return profile === 'corrected' && options.includes('opt-4') ? [patch('options/alerting-rules', ['E49', 'E76'])] : [];
}

/** Guide: OpenCost, Step 1 and Steps 3 to 5. */
export function costSteps(profile: Profile, options: readonly OptionName[] = []): Step[] {
  // As written its pods are refused (erratum E35): there is nothing to wait for.
  const nodeExporter = profile === 'corrected' ? ['daemonset/prometheus-prometheus-node-exporter'] : [];
  return [
    {
      id: 'prometheus',
      title: 'Prometheus, kube-state-metrics and node metrics',
      guide: 'Step 1: Install Prometheus',
      actions: [
        file('prometheus/scraping'),
        ...alertingRules(profile, options),
        file('prometheus/kube-state-metrics'),
        file('prometheus/node-exporter'),
        own('prometheus/server', profile, ['E33']),
      ],
      ready: readyIn('prometheus-system', 'deployment/prometheus-server', 'deployment/prometheus-kube-state-metrics', ...nodeExporter),
    },
    {
      id: 'opencost',
      title: 'OpenCost at .102',
      guide: 'Step 4: Install OpenCost',
      actions: [own('opencost/opencost', profile, ['E29']), own('opencost/service', profile, ['E19', 'E30'])],
      ready: readyIn('opencost', 'deployment/opencost'),
    },
  ];
}

/** Everything of the platform, for a step that must not come before it. */
export function platformReady(profile: Profile): Readiness[] {
  return [...storageSteps(profile), canine(profile), ...costSteps(profile)].flatMap(({ ready = [] }) => ready);
}

function readyIn(namespace: string, ...workloads: string[]): Readiness[] {
  return workloads.map((workload) => rollout(workload, namespace));
}
