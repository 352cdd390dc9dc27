/** What checks share of a cluster; the schedule keeps those apart that change it. */
export type Resource =
  | 'address-pools'
  | 'global-policies'
  | 'cluster-dns'
  | 'metrics'
  | 'canine'
  | 'longhorn'
  | 'prometheus'
  | 'tenant-alice'
  | 'tenant-bob'
  | 'node-power'
  | 'falco'
  | 'connection-matrix';
