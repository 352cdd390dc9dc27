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
    /** Register, NODE-SET-EXACT: the kubelet's last sign of life is not older. */
    nodeSignMs: 60_000,
    /** Register, NODE-RESTART-IDENTITY and NODE-CP-REJOIN: a node that has its power again is Ready. */
    readyAgainMs: 300_000,
    /** Register, NODE-VIP-FAILOVER-GRACEFUL: the longest time without a write at the virtual IP. */
    gracefulGapMs: 30_000,
    /** Register, NODE-VIP-FAILOVER-CRASH: the same after a loss of power; the election's lease is 60 s (Talos v1.11, vip.go). */
    crashGapMs: 90_000,
    /** Register, NODE-VIP-FAILOVER-CRASH: so long writes go on afterwards. */
    steadyAfterMs: 120_000,
    /** Register, NODE-VIP-FAILOVER-GRACEFUL: the same after a reboot. */
    steadyAfterRebootMs: 90_000,
    /** The kubelet starts a dead static pod again; the number is that of a reboot, for the guide gives none. */
    apiServerGapMs: 30_000,
    /** Register, NODE-ETCD-ONE-LOSS: a write at a survivor. */
    quorumWriteMs: 60_000,
    /** Register, NODE-ETCD-MEMBERS: members are no further apart. */
    raftEntries: 100,
    /** Register, NODE-CP-NO-WORKLOADS and NODE-OPT7-TAINT: so long a pod stays without a node. */
    staysPendingMs: 20_000,
    /** Register, NODE-HEALTH-PODS: no container restarts in this time. */
    noRestartMs: 60_000,
    /** Register, NODE-HEALTH-PODS: a pod that is deleted is gone. */
    deletedPodMs: 300_000,
    /** Register, NODE-CP-REJOIN: so long the control plane is off. */
    offMs: 120_000,
    /** Register, NODE-CP-REJOIN: so many objects are written meanwhile. */
    writtenMeanwhile: 50,
    /** Register, NODE-API-ENDPOINT-NAME: an answer by the endpoint's name. */
    apiByNameMs: 3_000,
    /** Register, NODE-RESOLVER-TIME: clocks are no further apart. */
    clocksApartMs: 1_000,
    /** Guide, Hardware Requirements: bytes; a gigabyte of memory less what the kernel keeps is at least 90 % of it. */
    systemDiskBytes: 50e9,
    dataDiskBytes: 100e9,
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
  isolation: {
    /** Register, ISO-DNS-RESOLVES: a name server's answer. */
    dnsAnswerMs: 2_000,
    /** Register, ISO-INTERNET-EGRESS: a fetch by name. */
    internetFetchMs: 10_000,
    /** Register, ISO-ESCAPE-HOST-NETWORK and -CONTROL-PLANE: no pod has started when this time is over. */
    podStaysAwayMs: 30_000,
    /** Register, ISO-FALCO-*: an alert. */
    falcoAlertMs: 60_000,
    /** Register, ISO-QUOTA-CONTROLLERS: a controller's event tells of the refusal. */
    refusalToldMs: 30_000,
    /** Register, ISO-TENANT-DELETE-CLEAN: nothing of a deleted tenant is left. */
    tenantGoneMs: 120_000,
    /** Register, ISO-CANINE-APP-FITS: a redeployed app is Ready. */
    appReadyMs: 120_000,
    /** Guide, Step 8: provision-tenant.sh looks so often for a namespace. */
    provisioningLooks: 30,
    /** Guide, Step 8: the pause after each look. */
    provisioningPauseMs: 2_000,
    /** Register, ISO-PROVISION-WAITS: so late comes the namespace for which it waits. */
    namespaceComesAfterMs: 20_000,
    /** Register, ISO-PROVISION-WAITS: a namespace that has come is hardened. */
    hardenedMs: 5_000,
    /** Register, ISO-PROVISION-WAITS: the end for a namespace that is there already. */
    provisionedMs: 10_000,
    /** Register, ISO-PROVISION-WAITS: the end for a namespace that never comes; 30 pauses of 2 s are the least. */
    provisioningGivenUpMs: 70_000,
  },
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
    /** An application's pods, replicas and variables are there, and a deleted application is gone (register, ADM-CANINE-APPS and -SCALE). */
    applicationSettledMs: 120_000,
    /** A request for a domain that was added reaches its application (register, ADM-CANINE-DOMAIN; the guide gives no number). */
    domainServedMs: 30_000,
    /** A job of Canine's queue begins at once; its objects are there in seconds (register, ADM-WORKS-CANINE, gives no number). */
    queuedJobMs: 60_000,
    /** Longhorn's webhook admits a valid setting (register, ADM-WORKS-LONGHORN-WEBHOOK). */
    webhookAdmitsMs: 5_000,
    /** OpenCost's allocation data are newer (register, ADM-WORKS-OPENCOST-PROMETHEUS). */
    allocationAgeMs: 300_000,
    /** Published addresses answer again after a node's reboot: MetalLB's speakers find each other first (register, ADM-WORKS-AFTER-RESTART, gives no number). */
    announcedAgainMs: 60_000,
    /** Every target of Prometheus is up after a restart (register, ADM-WORKS-PROMETHEUS-TARGETS). */
    targetsUpMs: 180_000,
    /** A Longhorn volume takes any state of a healthy one (register, ADM-WORKS-LONGHORN, gives no number). */
    volumeStateMs: 60_000,
  },
  storage: {
    /** Register, STOR-PROVISION: a claim is bound. */
    claimBoundMs: 60_000,
    /** Register, STOR-PROVISION: the pod of a bound claim runs. */
    claimMountedMs: 60_000,
    /** Register, STOR-REPLICAS-SPREAD: three healthy replicas after attachment. */
    replicasHealthyMs: 300_000,
    /** Register, STOR-RWO: so long a second node is refused. */
    secondNodeRefusedMs: 60_000,
    /** Register, STOR-RWO: the second node is given the volume after the first has let go. */
    secondNodeServedMs: 120_000,
    /** Register, STOR-RWX: data of one pod are seen by the others. */
    sharedDataSeenMs: 5_000,
    /** Register, STOR-RWX-FAILOVER: the longest time without an acknowledged write. */
    sharedGapMs: 180_000,
    /** Register, STOR-NODE-LOSS-DATA: the longest time without an acknowledged write. */
    writeGapMs: 60_000,
    /** Register, STOR-NODE-LOSS-WORKLOAD: the workload runs elsewhere. */
    workloadMovedMs: 600_000,
    /** Register, STOR-REBUILD: three healthy replicas after the return of the worker. */
    rebuiltMs: 900_000,
    /** Register, STOR-EXPAND: the pod sees the space. */
    expandedMs: 180_000,
    /** Register, STOR-DELETE: nothing of a deleted claim is left. */
    deletedMs: 120_000,
    /** Guide, Verify Longhorn Storage: sleep 60 before the test pod is used. */
    selfTestMs: 60_000,
    /** Register, STOR-UI-DATA: a new volume appears. */
    shownMs: 10_000,
    /** Register, STOR-OPT7-TAINT: Longhorn's parts on a worker are Ready after its reboot. */
    workerBackMs: 300_000,
    /** Guide, Install Longhorn: kubectl wait --timeout=600s; also once more, after the restart of one manager. */
    managerReadyMs: 600_000,
    /** Register, STOR-OPT3-RESTORE-DATA: the data of a restored namespace read back. */
    restoredMs: 900_000,
    /** Guide, OPT-3: --ttl 720h. */
    backupKeptMs: 720 * 3_600_000,
  },
  opencost: {
    /** Register, COST-API-HEALTHZ: an answer, or the failure of a request. */
    healthAnswersMs: 5_000,
    /** Guide, OpenCost, Steps 1 and 4: kubectl wait --timeout=300s. */
    readyMs: 300_000,
    /** Register, COST-OC-READY and COST-HEALTH-OPENCOST: so long no container has restarted. */
    noRestartMs: 3_600_000,
    /** Register, COST-PROM-VOLUME: the age of the newest piece of the write-ahead log. */
    walAgeMs: 180_000,
    /** Register, COST-PROM-SCRAPE-OPENCOST: the age of the last scrape. */
    scrapeAgeMs: 90_000,
    /** Register, COST-PROM-TARGETS: the time between two readings. */
    betweenReadingsMs: 90_000,
    /** Register, COST-KSM-LABELLED: figures of a new pod are there. */
    podKnownMs: 180_000,
    /** Register, COST-KSM-LABELLED: figures of a deleted pod are gone (Prometheus looks back 5 min). */
    podForgottenMs: 300_000,
    /** Register, COST-RETENTION-30D: 31 days and the run time. */
    retentionDays: 32,
    /** Register, COST-RETENTION-ROOM: the share of the volume that the data may take. */
    roomShare: 0.8,
    /** Guide, OpenCost, Step 1: the volume of Prometheus, 20Gi. */
    prometheusVolumeBytes: 20 * 1024 ** 3,
    /** Register, COST-LB-UI-80: the page comes. */
    pageMs: 5_000,
    /** Guide, OpenCost, Step 3, customPricing: USD for a vCPU-hour, a GiB-hour of memory, a GiB-hour of storage, a GPU-hour. */
    prices: { cpu: 0.03, ram: 0.004, storage: 0.000_05, gpu: 0 },
    /** Prices where none are given: opencost v1.111.0, configs/default.json (CPU, RAM, storage). */
    defaultPrices: { cpu: 0.031_611, ram: 0.004_237, storage: 0.000_054_794_52 },
    /** Guide, OpenCost, Step 3. */
    pricesDescription: 'On-prem VMware cluster pricing',
    /** Register, opencost: money from inputs of the same answer, in USD. */
    moneyTolerance: 0.000_001,
    /** Register, opencost: the share that a scrape's interval may change. */
    scrapeTolerance: 0.02,
    /** Register, opencost: the first cost may take so long; younger data decide nothing. */
    firstCostMs: 1_200_000,
    /** A namespace whose pods have run for so long has a cost: a step of OpenCost's own (register, COST-NS-NONZERO: 30 min). */
    namespaceCostMs: 300_000,
    /** Guide, OPT-4: an alert waits so long, and is to fire at the next evaluations (register: 8 min). */
    alertPendingMs: 300_000,
    alertFiringMs: 480_000,
    /** Guide, OPT-4: the share of a quota above which an alert is raised. */
    quotaShare: 0.8,
    /** Register, COST-TROUBLE-PROM-FROM-POD: the answer comes. */
    queryAnswersMs: 10_000,
    /** Register, COST-HEALTH-NON-RUNNING: the time between two readings. */
    betweenPodReadingsMs: 30_000,
    /** Register, COST-HEALTH-TOP: the age of a figure. */
    figureAgeMs: 120_000,
  },
} as const;
