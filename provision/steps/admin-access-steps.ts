import { type Profile, documentedCluster } from '../../guide/cluster.ts';
import { correcting, kubectl, manifestPath, own } from './builders.ts';
import { platformReady } from './platform-steps.ts';
import type { Action, Step } from './step.ts';

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

/** Guide: Admin Access Control, Step 1 to Step 3. */
export function adminAccessSteps(profile: Profile): Step[] {
  return [platformPolicies(profile), apiAllowlist(profile), talosFirewall(profile)];
}

/** Gate: with the guide, Helm and the reader have waited for the platform, so its start is not under these policies. */
function platformPolicies(profile: Profile): Step {
  return {
    id: 'admin-access-platform',
    title: 'GlobalNetworkPolicies for the platform',
    guide: 'Step 1: Calico GlobalNetworkPolicy – Protect Admin Services',
    gate: platformReady(profile),
    actions: [own('admin-access/platform', profile, ['E17', 'E18', 'E20', 'E21', 'E95'])],
  };
}

function apiAllowlist(profile: Profile): Step {
  const policy = own('admin-access/api', profile, ['E01', 'E21', 'E22', 'E100']);
  const patch = JSON.stringify({ spec: { failsafeInboundHostPorts: failsafePortsWithoutApi } });
  const command = ['patch', 'felixconfigurations.projectcalico.org', 'default', '--type=merge', '--patch', patch];
  return {
    id: 'admin-access-api',
    title: 'API server allowlist',
    guide: 'Step 2: Kubernetes API Server – Admin IP Allowlist',
    actions: profile === 'corrected' ? [correcting(['E21'], kubectl(...command)), policy] : [policy],
  };
}

function talosFirewall(profile: Profile): Step {
  const nodes = documentedCluster(profile).nodes.map(({ address }) => address);
  const action: Action = { kind: 'patch-machine-config', nodes, patch: manifestPath(`talos/firewall.${profile}.yaml`) };
  return {
    id: 'admin-access-talos',
    title: 'Talos API allowlist',
    guide: 'Step 3: Talos API – Admin IP Allowlist',
    ...(profile === 'corrected'
      ? { actions: [correcting(['E06', 'E07', 'E22', 'E62', 'E96'], action)] }
      : { actions: [action], failsBy: { erratum: 'E06', saying: 'unknown keys found during decoding' } }),
  };
}
