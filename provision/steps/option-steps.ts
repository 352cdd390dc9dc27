import type { Profile } from '../../guide/cluster.ts';
import type { OptionName } from '../options.ts';
import { correcting, file, kubectl, own, patch, rollout, upstream } from './builders.ts';
import { platformReady } from './platform-steps.ts';
import type { Step } from './step.ts';

/** Guide: Optional Hardening & Improvements; what a lab was asked for. */
export function optionSteps(profile: Profile, options: readonly OptionName[]): Step[] {
  return [
    ...(options.includes('opt-1') ? [certManager, certificateIssuer(profile)] : []),
    ...(options.includes('opt-3') ? velero(profile) : []),
    ...(options.includes('opt-4') && profile === 'as-written' ? [prometheusRule] : []),
    ...(options.includes('opt-7') ? [dedicatedWorker(profile)] : []),
  ];
}

const certManagerParts = ['cert-manager', 'cert-manager-cainjector', 'cert-manager-webhook'].map((name) =>
  rollout(`deployment/${name}`, 'cert-manager'),
);

const certManager: Step = {
  id: 'opt-1-cert-manager',
  title: 'cert-manager',
  guide: 'OPT-1: cert-manager – Automatic TLS for All Services',
  actions: [kubectl('create', 'namespace', 'cert-manager'), upstream('cert-manager'), file('options/cert-manager')],
  ready: certManagerParts,
};

/** Gate: the guide's `helm install` waits for cert-manager, whose webhook judges the issuer. */
function certificateIssuer(profile: Profile): Step {
  return {
    id: 'opt-1-issuer',
    title: 'ClusterIssuer letsencrypt-prod',
    guide: 'OPT-1: cert-manager – Automatic TLS for All Services',
    gate: certManagerParts,
    actions: [own('options/issuer', profile, ['E47'])],
  };
}

const veleroHeading = 'OPT-3: Velero – Backup and Disaster Recovery';
const veleroServer = rollout('deployment/velero', 'velero');

function velero(profile: Profile): Step[] {
  const isCorrected = profile === 'corrected';
  const privileged = kubectl('label', 'namespace', 'velero', 'pod-security.kubernetes.io/enforce=privileged');
  const nodeAgent = own('options/velero-node-agent', 'corrected', ['E48']);
  return [
    ...(isCorrected ? [objectStorage] : []),
    {
      id: 'opt-3-velero',
      title: 'Velero',
      guide: veleroHeading,
      // Helm's own wait: the server checks its storage when it starts.
      gate: isCorrected ? objectStorageReady : [],
      actions: [
        kubectl('create', 'namespace', 'velero'),
        ...(isCorrected ? [correcting(['E69'], privileged)] : []),
        upstream('velero-crds'),
        own('options/velero-credentials', profile, ['E48']),
        file('options/velero'),
        ...(isCorrected ? [nodeAgent] : []),
      ],
      ready: [veleroServer, ...(isCorrected ? [rollout('daemonset/node-agent', 'velero')] : [])],
    },
    {
      id: 'opt-3-schedule',
      title: 'Daily backup',
      guide: veleroHeading,
      gate: [veleroServer],
      actions: [own('options/velero-schedule', profile, ['E48'])],
    },
  ];
}

const objectStorageReady = [rollout('deployment/minio', 'minio-system')];

/** The guide says in a comment that its reader has deployed it; nothing follows from that as written. */
const objectStorage: Step = {
  id: 'opt-3-object-storage',
  title: 'An S3 server in the cluster, with the bucket',
  guide: veleroHeading,
  actions: [kubectl('create', 'namespace', 'minio-system'), own('options/s3', 'corrected', ['E69'])],
  ready: objectStorageReady,
};

/** Corrected, the rules are in Prometheus' own configuration (costSteps). */
const prometheusRule: Step = {
  id: 'opt-4-alerting-rules',
  title: 'Alerting rules',
  guide: 'OPT-4: Prometheus Alerting – Cost and Resource Alerts',
  actions: [file('options/prometheus-rule.as-written')],
  failsBy: { erratum: 'E49', saying: 'no matches for kind "PrometheusRule"' },
};

/** What of the platform moves to w01: the guide names the values of both charts. */
const moving = ['deployment/canine', 'deployment/opencost'] as const;

function dedicatedWorker(profile: Profile): Step {
  return {
    id: 'opt-7-dedicated-worker',
    title: 'w01 for the platform alone',
    guide: 'OPT-7: Node Taints – Separate System and Tenant Workloads',
    gate: platformReady(profile),
    actions: [
      kubectl('taint', 'nodes', 'w01', 'dedicated=platform:NoSchedule'),
      kubectl('label', 'nodes', 'w01', 'dedicated=platform'),
      kubectl('label', 'nodes', 'w02', 'w03', 'dedicated=tenants'),
      ...moving.map((workload) => {
        const namespace = workload.replace('deployment/', '');
        return kubectl('-n', namespace, 'patch', workload, '--patch', JSON.stringify(onPlatformNodes));
      }),
    ],
    ready: moving.map((workload) => rollout(workload, workload.replace('deployment/', ''))),
  };
}

/** Guide, OPT-7: the values, as the charts put them into the pods. */
const onPlatformNodes = {
  spec: {
    template: {
      spec: {
        tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'platform', effect: 'NoSchedule' }],
        nodeSelector: { dedicated: 'platform' },
      },
    },
  },
};

/** Before the address pools: a speaker that restarts later would move addresses. */
export const speakerTolerates: Step = {
  id: 'opt-7-speaker',
  title: "MetalLB's speaker on a dedicated worker",
  guide: 'OPT-7: Node Taints – Separate System and Tenant Workloads',
  actions: [patch('options/speaker', ['E51'])],
};

/** Before Longhorn: it gives its components other tolerations only while no volume is attached. */
export const longhornTolerates: Step = {
  id: 'opt-7-longhorn',
  title: "Longhorn's components on a dedicated worker",
  guide: 'OPT-7: Node Taints – Separate System and Tenant Workloads',
  actions: [upstream('longhorn-crds'), own('options/longhorn-setting', 'corrected', ['E51'])],
};

export const longhornManagerTolerates: Step = {
  id: 'opt-7-longhorn-manager',
  title: "Longhorn's manager on a dedicated worker",
  guide: 'OPT-7: Node Taints – Separate System and Tenant Workloads',
  actions: [patch('options/longhorn-manager', ['E51'])],
};
