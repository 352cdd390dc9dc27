import { requirementsOf } from '../../harness/platform/capabilities.ts';

/** What the documented machines are and how the cluster on them behaves. */
export const requirements = requirementsOf('nodes', {
  'NODE-ADDRESS-STATIC': {
    promise: ({ nodes, lan, vip }) =>
      `Each node has only its documented InternalIP in ${lan.cidr}, ${nodes.map(({ name, address }) => `${name} ${address}`).join(', ')}, never ${vip.address}.`,
    guide: ['Control Plane Nodes', 'Worker Nodes', 'Network Reference'],
    severity: 'critical',
    kind: 'static',
    needs: ['kubernetes'],
    fault: 'Give w02 a second InternalIP.',
  },
  'NODE-HOSTNAME-STATIC': {
    promise: "Every machine's own hostname equals its node name.",
    guide: ['Step 7: Generate Per-Node Configurations', 'Step 10: Verify Static Hostnames', 'Test Static Hostnames'],
    severity: 'major',
    kind: 'static',
    needs: ['kubernetes', 'node-shell', 'outside-vantage'],
    fault: 'Set the hostname of w03 to another name.',
  },
  'NODE-VIP-ANSWERS': {
    promise: ({ vip }) => `${vip.address} answers ping and serves the API at the name ${vip.hostname}.`,
    guide: ['Cluster Topology', 'Step 9: Bootstrap Cluster', 'Complete Cluster Health Check'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'vip', 'outside-vantage'],
    fault: 'Stop the election on every control plane.',
  },
  'NODE-VIP-ONE-HOLDER': {
    promise: ({ vip }) => `Exactly one control plane holds ${vip.address}, no worker does, and ARP on the LAN points to the holder.`,
    guide: ['Cluster Specifications', 'Step 5: Create Control Plane Patch'],
    severity: 'critical',
    kind: 'active',
    needs: ['vip', 'node-shell', 'outside-vantage'],
    fault: 'Add 192.168.29.10/32 to a second control plane.',
  },
});
