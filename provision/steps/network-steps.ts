import type { Profile } from '../../guide/cluster.ts';
import { correcting, file, kubectl, own, rollout, upstream } from './builders.ts';
import type { Step } from './step.ts';

const calicoNode = rollout('daemonset/calico-node', 'calico-system');

/** Guide, Install Metrics Server: Talos's kubelets serve with certificates of their own. */
const metricsServerArguments = JSON.stringify(
  ['--kubelet-preferred-address-types=InternalIP', '--kubelet-insecure-tls'].map((value) => ({
    op: 'add',
    path: '/spec/template/spec/containers/0/args/-',
    value,
  })),
);

/** Guide: Step 9 and "Network Components". */
export const networkSteps: readonly Step[] = [
  {
    id: 'talos-bootstrap',
    title: 'What Talos applies at bootstrap: kube-proxy, CoreDNS',
    guide: 'Step 9: Bootstrap Cluster',
    actions: [file('talos/kube-proxy'), file('talos/coredns')],
    ready: [rollout('daemonset/kube-proxy', 'kube-system'), rollout('deployment/coredns', 'kube-system')],
  },
  {
    id: 'calico',
    title: 'Calico CNI',
    guide: 'Install Calico CNI',
    actions: [upstream('calico')],
    ready: [calicoNode, rollout('deployment/calico-kube-controllers', 'calico-system')],
  },
  {
    id: 'calico-api-server',
    title: 'Calico API server (projectcalico.org/v3)',
    guide: 'Install Calico CNI',
    gate: [calicoNode],
    actions: [upstream('calico-api-server')],
    ready: [rollout('deployment/calico-apiserver', 'calico-apiserver')],
  },
  {
    id: 'metallb',
    title: 'MetalLB',
    guide: 'Install MetalLB',
    actions: [upstream('metallb')],
    ready: [rollout('deployment/controller', 'metallb-system'), rollout('daemonset/speaker', 'metallb-system')],
  },
  {
    id: 'metrics-server',
    title: 'Metrics server',
    guide: 'Install Metrics Server',
    actions: [
      upstream('metrics-server'),
      kubectl('patch', 'deployment', 'metrics-server', '-n', 'kube-system', '--type=json', '-p', metricsServerArguments),
    ],
    ready: [rollout('deployment/metrics-server', 'kube-system')],
  },
];

/** Guide: Install MetalLB, its second part; a step of its own, because MetalLB's webhook is slow to start. */
export const defaultPool: Step = {
  id: 'metallb-default-pool',
  title: 'MetalLB pool .100-.199',
  guide: 'Install MetalLB',
  actions: [file('metallb/default-pool')],
};

/** Guide: Admin Access Control, Step 4. */
export function addressPools(profile: Profile): Step {
  const deleteDefault = correcting(['E23'], kubectl('delete', 'ipaddresspool', 'default-pool', '-n', 'metallb-system'));
  const pools = own('metallb/pools', profile, ['E24']);
  return {
    id: 'admin-access-pools',
    title: 'Separate admin and tenant address pools',
    guide: 'Step 4: MetalLB – Restrict LoadBalancer IPs to Admin Pool',
    keeps: { resources: 'ipaddresspools.metallb.io,l2advertisements.metallb.io', namespace: 'metallb-system' },
    ...(profile === 'corrected'
      ? { actions: [deleteDefault, pools] }
      : { actions: [pools], failsBy: { erratum: 'E23', saying: 'overlaps with already defined CIDR' } }),
  };
}
