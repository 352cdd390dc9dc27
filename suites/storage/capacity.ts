import type { LonghornNode } from '../../harness/platform/longhorn/longhorn.ts';

export const gibibyte = 1024 ** 3;

interface PlatformClaim {
  readonly namespace: string;
  /** As the API writes them. */
  readonly sizes: readonly string[];
}

/** Guide: Step 4 (Canine 20, its database 10, BuildKit 50 GiB), Step 1 of OpenCost (Prometheus 20), Step 3 (OpenCost 5). */
export const platformClaims: readonly PlatformClaim[] = [
  { namespace: 'canine', sizes: ['20Gi', '10Gi', '50Gi'] },
  { namespace: 'prometheus-system', sizes: ['20Gi'] },
  { namespace: 'opencost', sizes: ['5Gi'] },
];

/** What Longhorn lets replicas have of a node's disks, in bytes (longhorn-manager v1.10: scheduler.IsSchedulableToDisk). */
export function schedulableBytes({ spec, status }: Pick<LonghornNode, 'spec' | 'status'>, overProvisioningPercent: number): number {
  const disks = Object.entries(status?.diskStatus ?? {});
  return disks
    .map(
      ([name, { storageMaximum = 0 }]) => ((storageMaximum - (spec.disks?.[name]?.storageReserved ?? 0)) * overProvisioningPercent) / 100,
    )
    .reduce((sum, each) => sum + each, 0);
}
