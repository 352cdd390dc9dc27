/**
 * Time limits that the guide or the register promises, in one place. A promised limit is fixed: no provider and no machine scales it.
 * How long we wait for our own means is patience, and stands apart (harness/engine/patience.ts).
 *
 * Each limit names its source: a section of the guide, or a row of the register where the guide gives no number.
 */
export const promised = {
  nodes: {
    /** Register, NODE-VIP-ANSWERS: an object is written, read and deleted by the virtual IP. */
    apiByVipMs: 5_000,
  },
  network: {
    /** Guide, Install Calico CNI, Install MetalLB, Install Metrics Server: kubectl wait --timeout=300s. */
    installedMs: 300_000,
    /** Register, NET-POD-CROSS-NODE: a connection between pods. */
    podConnectedMs: 2_000,
    /** Register, NET-POLICY-ENFORCED: a policy acts, or acts no longer. */
    policyActsMs: 10_000,
    /** Register, NET-KUBE-PROXY: a Service, or the removal of its endpoints, is programmed on every node. */
    serviceProgrammedMs: 10_000,
    /** Register, NET-DNS-CLUSTER: the name of a new Service resolves. */
    nameKnownMs: 10_000,
    /** Register, NET-DNS-EXTERNAL: a name beyond the cluster resolves. */
    externalNameMs: 5_000,
    /** Register, NET-DNS-FAILOVER: the longest time without an answer. */
    dnsGapMs: 10_000,
    /** Register, NET-MIRRORS-REACHABLE: a mirror answers, also when it asks upstream first. */
    mirrorAnswersMs: 5_000,
    /** Register, NET-LB-AUTO: a Service is given an address. */
    addressAssignedMs: 10_000,
    /** Register, NET-LB-AUTO: a new address answers. */
    addressAnswersMs: 10_000,
    /** Register, NET-LB-ANNOUNCE: the speakers agree on a node, and a released address falls silent. */
    announcementSettlesMs: 10_000,
    /** Register, NET-LB-ADMIN-RESERVED: so long a refused Service stays without an address. */
    addressRefusedMs: 15_000,
    /** Register, ADM-POOL-NEVER-AUTO: so long one Service more than there are addresses waits. */
    lastAddressRefusedMs: 30_000,
    /** Register, NET-LB-POOL-CUTOVER: after this time every address answers as before the step. */
    poolStepSettlesMs: 30_000,
    /** Register, NET-LB-FAILOVER: the longest time without an answer. */
    failoverGapMs: 10_000,
    /** Register, NET-OPT7-SPEAKER: a restarted speaker is Ready. */
    speakerBackMs: 60_000,
    /** Register, NET-METRICS-NODES: the age of a figure. */
    metricsAgeMs: 60_000,
    /** Guide, Daily Health Checks, by the register: a pod that has run for so long has figures (NET-METRICS-PODS). */
    metricsCoverMs: 120_000,
  },
  isolation: {},
  adminAccess: {},
  storage: {},
  opencost: {
    /** Register, COST-API-HEALTHZ: an answer, or the failure of a request. */
    healthAnswersMs: 5_000,
  },
} as const;
