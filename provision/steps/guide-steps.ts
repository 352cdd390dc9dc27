import type { Profile } from '../../guide/cluster.ts';
import type { Action, Manifest, Readiness, Step, UpstreamManifest } from './step.ts';

const calicoNode = rollout('daemonset/calico-node', 'calico-system');
const tenants = ['canine-alice', 'canine-bob'];
const platform = ['longhorn-system', 'canine', 'prometheus-system', 'opencost'] as const;

/** The guide's steps in the guide's order, from a cluster that Talos has bootstrapped to the verified platform. */
export function guideSteps(profile: Profile): Step[] {
  const own = (path: string, values?: Record<string, string>): Action => apply(file(`${path}.${profile}.yaml`, values));
  return [
    {
      id: 'talos-bootstrap',
      title: 'What Talos applies at bootstrap: kube-proxy, CoreDNS',
      guide: 'Step 9: Bootstrap Cluster',
      actions: [apply(file('talos/kube-proxy.yaml')), apply(file('talos/coredns.yaml'))],
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
      gate: calicoNode,
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
      actions: [upstream('metrics-server')],
      ready: [rollout('deployment/metrics-server', 'kube-system')],
    },
    ...platform.map(platformNamespace),
    ...tenants.map((tenant) => tenantNamespace(tenant, profile)),
    {
      id: 'metallb-default-pool',
      title: 'MetalLB pool .100-.199',
      guide: 'Install MetalLB',
      actions: [apply(file('metallb/default-pool.yaml'))],
    },
    {
      id: 'longhorn-ui',
      title: 'Longhorn UI at .100',
      guide: 'Expose Longhorn UI (Admin only — see IP Allowlist section)',
      actions: [apply(file('platform/longhorn-ui.yaml')), own('platform/longhorn-service')],
      ready: [rollout('deployment/longhorn-ui', 'longhorn-system')],
    },
    {
      id: 'canine',
      title: 'Canine dashboard at .101',
      guide: 'Step 5: Install Canine',
      actions: [apply(file('platform/canine.yaml')), own('platform/canine-service')],
      ready: [rollout('deployment/canine', 'canine')],
    },
    ...tenants.map(
      (tenant): Step => ({
        id: `isolation-${tenant}`,
        title: `Tenant isolation of ${tenant}`,
        guide: 'Step 6: Tenant Namespace Isolation Template',
        actions: [own('tenants/isolation', { NS: tenant })],
      }),
    ),
    {
      id: 'opencost',
      title: 'OpenCost at .102',
      guide: 'Step 5: Expose OpenCost (Admin only)',
      actions: [apply(file('platform/opencost.yaml')), own('platform/opencost-service')],
      ready: [rollout('deployment/opencost', 'opencost')],
    },
    {
      id: 'admin-access-platform',
      title: 'GlobalNetworkPolicies for the platform',
      guide: 'Step 1: Calico GlobalNetworkPolicy – Protect Admin Services',
      actions: [own('admin-access/platform')],
    },
    apiAllowlist(profile),
    addressPools(profile),
  ];
}

function platformNamespace(name: (typeof platform)[number]): Step {
  const headings = {
    'longhorn-system': 'Install Longhorn',
    canine: 'Step 1: Create Canine Namespace',
    'prometheus-system': 'Step 1: Install Prometheus',
    opencost: 'Step 2: Create OpenCost Namespace',
  };
  const create = kubectl('create', 'namespace', name);
  // The guide labels every platform namespace but this one (erratum E35).
  const privileged = kubectl('label', 'namespace', name, 'pod-security.kubernetes.io/enforce=privileged', '--overwrite');
  return {
    id: `namespace-${name}`,
    title: `Namespace ${name}`,
    guide: headings[name],
    actions: name === 'prometheus-system' ? [create] : [create, privileged],
  };
}

/** Canine would make the namespaces; erratum E38's correction, and the lab until it has Canine, make them directly. */
function tenantNamespace(tenant: string, profile: Profile): Step {
  const create = kubectl('create', 'namespace', tenant);
  const baseline = kubectl('label', 'namespace', tenant, 'pod-security.kubernetes.io/enforce=baseline');
  return {
    id: `namespace-${tenant}`,
    title: `Namespace of tenant ${tenant}`,
    guide: 'Step 8: Automate Tenant Provisioning (API + Isolation Script)',
    actions: profile === 'corrected' ? [create, baseline] : [create],
  };
}

/** Felix's failsafe list (docs.tigera.io: FelixConfiguration, failsafeInboundHostPorts) without 6443: erratum E21. */
const failsafePortsWithoutApi = [
  { protocol: 'tcp', port: 22 },
  { protocol: 'udp', port: 68 },
  { protocol: 'tcp', port: 179 },
  { protocol: 'tcp', port: 2379 },
  { protocol: 'tcp', port: 2380 },
  { protocol: 'tcp', port: 5473 },
  { protocol: 'tcp', port: 6666 },
  { protocol: 'tcp', port: 6667 },
];

function apiAllowlist(profile: Profile): Step {
  const policy = apply(file(`admin-access/api.${profile}.yaml`));
  const patch = JSON.stringify({ spec: { failsafeInboundHostPorts: failsafePortsWithoutApi } });
  const failsafe = kubectl('patch', 'felixconfigurations.projectcalico.org', 'default', '--type=merge', '--patch', patch);
  return {
    id: 'admin-access-api',
    title: 'API server allowlist',
    guide: 'Step 2: Kubernetes API Server – Admin IP Allowlist',
    actions: profile === 'corrected' ? [failsafe, policy] : [policy],
  };
}

function addressPools(profile: Profile): Step {
  const pools = apply(file(`metallb/pools.${profile}.yaml`));
  const deleteDefault = kubectl('delete', 'ipaddresspool', 'default-pool', '-n', 'metallb-system');
  return {
    id: 'admin-access-pools',
    title: 'Separate admin and tenant address pools',
    guide: 'Step 4: MetalLB – Restrict LoadBalancer IPs to Admin Pool',
    ...(profile === 'corrected' ? { actions: [deleteDefault, pools] } : { actions: [pools], failsBy: { erratum: 'E23', saying: 'overlaps with already defined CIDR' } }),
  };
}

function apply(manifest: Manifest): Action {
  return { kind: 'apply', manifest };
}

function upstream(name: UpstreamManifest): Action {
  return apply({ kind: 'upstream', name });
}

function kubectl(...args: string[]): Action {
  return { kind: 'kubectl', args };
}

function file(path: string, values?: Readonly<Record<string, string>>): Manifest {
  return values === undefined ? { kind: 'file', path: manifestPath(path) } : { kind: 'file', path: manifestPath(path), values };
}

function manifestPath(path: string): string {
  return `${import.meta.dirname}/manifests/${path}`;
}

function rollout(workload: string, namespace: string): Readiness {
  return { workload, namespace };
}
