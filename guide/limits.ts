/**
 * Time limits that the guide or the register promises, in one place. A promised limit is fixed: no provider and no machine scales it.
 * How long we wait for our own means is patience, and stands apart (harness/engine/patience.ts).
 *
 * Each limit names its source: a section of the guide, or a row of the register where the guide gives no number.
 */
export const promised = {
  nodes: {},
  network: {},
  isolation: {},
  adminAccess: {
    /** A Service is published, and a tenant's new one is announced (register, NET-KUBE-PROXY and NET-LB-AUTO). */
    publishedMs: 10_000,
    /** A policy is in force for new connections, and lifted again (register, ADM-GNP-NEW-CONNECTIONS). */
    policyInForceMs: 10_000,
    /** MetalLB's speakers agree on the node that announces an address (register, NET-LB-ANNOUNCE). */
    announcerAgreedMs: 10_000,
    /** A tenant's Service that asks for an address of the administrators has none for so long (register, ADM-POOL-LOCKED). */
    addressWithheldMs: 30_000,
    /** Every holder renews long before its Lease ends; the kubelet's is the longest (Kubernetes: nodeLeaseDurationSeconds). */
    leaseRenewedMs: 40_000,
    /** Those who watch the API act on a change (register, ADM-KUBE-API-NODES). */
    changeSeenMs: 10_000,
    /** The virtual address moves: an election's lease of 60 s and the way back (Talos v1.11, vip.go). */
    vipMovedMs: 75_000,
  },
  storage: {},
  opencost: {},
} as const;
