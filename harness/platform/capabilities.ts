import { type Requirement, type RequirementText, requirementsOf as rowsOf } from '../engine/requirement.ts';

/** What a cluster can offer, or lack; a provider says of each whether it is real, a stand-in or absent. */
export const capabilityNames = [
  'kubernetes',
  'calico',
  'calico-release',
  'calico-operator',
  'metallb',
  'metrics-server',
  'outside-vantage',
  'node-shell',
  'node-power',
  'vip',
  'talos-api',
  'talos-firewall',
  'talosctl',
  'talos-os',
  'machine-sizes',
  'spare-machine',
  'time-service',
  'vsphere',
  'next-kubernetes',
  'downloads',
  'guide-scripts',
  'registry-mirrors',
  'longhorn',
  'longhorn-release',
  'longhorn-ui',
  'iscsi',
  'nfs',
  'canine',
  'prometheus',
  'opencost',
  'opencost-ui',
  'opencost-mcp',
  'cost-alerts',
  'invoice-schedule',
  'cert-manager',
  'ingress-nginx',
  'falco',
  'dedicated-worker',
  'velero',
] as const;
export type CapabilityName = (typeof capabilityNames)[number];

/** A suite's register: its rows with their IDs and the suite's name. */
export function requirementsOf<const T extends Readonly<Record<string, RequirementText<CapabilityName>>>>(
  suite: string,
  rows: T,
): { readonly [ID in keyof T]: Requirement } {
  return rowsOf(suite, rows);
}
