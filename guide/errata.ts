/** A place where the guide's own steps cannot keep its promise. */
export interface Erratum {
  readonly id: string;
  /** Where the guide says it. */
  readonly section: string;
  readonly does: string;
  /** What really happens. */
  readonly happens: string;
  /** The smallest change that keeps the promise; what the profile `corrected` does, where the lab has the part. */
  readonly correction: string;
}

/** Every erratum that is known, in the register's order. */
export const errata: readonly Erratum[] = [
  {
    id: 'E01',
    section: 'Cluster Topology; Step 9; Summary "automatic etcd failover"',
    does: 'two control planes',
    happens: 'etcd with 2 members loses quorum when one is lost: API and VIP are gone, no fail-over (seen)',
    correction: 'third control plane cp03 192.168.29.13',
  },
  {
    id: 'E02',
    section: 'Talos OS Upgrade',
    does: 'upgrades cp01 then cp02',
    happens: 'Talos refuses to upgrade a control plane with exactly 2 etcd members unless forced',
    correction: "E01's third member; one node at a time, health between",
  },
  {
    id: 'E03',
    section: 'Step 10',
    does: "talosctl get hostname piped to awk '{print $2}', stderr hidden",
    happens: 'column 2 is the namespace (network), and without -e the command fails, hidden by 2>/dev/null',
    correction: '-e $node -o jsonpath={.spec.hostname}',
  },
  {
    id: 'E04',
    section: 'Worker patch + longhorn-disk.yaml',
    does: 'second patch for the same disk and mount',
    happens: 'strategic merge concatenates lists: /dev/sdb twice with two mount points, extraMounts twice; validate accepts it (seen)',
    correction: 'one volume definition; drop the second patch',
  },
  {
    id: 'E05',
    section: 'Longhorn disk',
    does: 'machine.disks',
    happens: 'deprecated in Talos 1.11; recommended is UserVolumeConfig at /var/mnt/longhorn with the kubelet mount',
    correction: 'UserVolumeConfig',
  },
  {
    id: 'E06',
    section: 'Step 3 of admin access (Talos firewall)',
    does: 'machine.network.firewall with rules and actions',
    happens: 'no such key: the patch is refused, "unknown keys found during decoding" (seen)',
    correction:
      'NetworkDefaultActionConfig ingress block + NetworkRuleConfig documents, which also open kubelet, etcd, trustd, VXLAN 4789 and the API to whom they must',
  },
  {
    id: 'E07',
    section: 'Add a worker; any later patch',
    does: 'JSON patch on node configuration',
    happens: "JSON patches are refused for multi-document configuration, which E06's documents make it (seen)",
    correction: 'strategic merge patches',
  },
  {
    id: 'E08',
    section: 'etcd snapshot',
    does: 'snapshot to /tmp then talosctl cp',
    happens: 'the snapshot is written on the client; cp finds nothing on the node',
    correction: 'snapshot only',
  },
  {
    id: 'E09',
    section: 'Kubernetes upgrade',
    does: 'upgrade-k8s on every node, workers included',
    happens: 'it upgrades the whole cluster from one control plane node; on workers it fails',
    correction: 'once, from cp01',
  },
  {
    id: 'E10',
    section: 'Upgrades',
    does: 'kubectl drain 192.168.29.21',
    happens: 'nodes are named w01..., not by address: not found',
    correction: 'drain w01',
  },
  {
    id: 'E11',
    section: 'Step 3, Step 4',
    does: 'installer image installer/<schematic> for VMware',
    happens: "that is the metal platform's installer; after an upgrade VMware guest configuration is lost",
    correction: 'vmware-installer/<schematic>',
  },
  {
    id: 'E12',
    section: 'Longhorn',
    does: 'the schematic',
    happens: 'holds iscsi-tools and vmtoolsd only; Longhorn also needs util-linux-tools',
    correction: 'schematic with util-linux-tools',
  },
  {
    id: 'E13',
    section: 'Step 8',
    does: 'apply-config to static addresses',
    happens: 'nodes in maintenance mode have DHCP addresses or none; the static ones exist only after apply',
    correction: 'apply to the maintenance address (govc vm.ip) or guestinfo.talos.config',
  },
  {
    id: 'E14',
    section: 'Step 9',
    does: 'bootstrap only with --endpoints; later commands omit it',
    happens: 'the generated talosconfig has no endpoints',
    correction: 'talosctl config endpoint / node',
  },
  {
    id: 'E15',
    section: 'Install Calico',
    does: 'custom-resources.yaml as shipped',
    happens:
      'its pool is 192.168.0.0/16, which overlaps the LAN, the load balancer range and the admin addresses; the documented pod network is 10.244.0.0/16; what pods send to Services is masqueraded, so tenants are denied their own, and their answers from outside do not come back: no external names, no internet (seen)',
    correction: 'own Installation with 10.244.0.0/16',
  },
  {
    id: 'E16',
    section: 'Install Calico',
    does: 'apply operator, then custom resources at once',
    happens: 'CRDs are created by the operator later: the second apply can fail; kubectl wait fails when no pod exists yet',
    correction: 'wait for the CRDs, then for tigerastatus',
  },
  {
    id: 'E17',
    section: 'Admin access Step 1',
    does: 'namespaceSelector: "name starts with \'canine-\'"',
    happens: 'selects by a label name that nothing sets: matches no namespace, the tenant deny has no effect',
    correction: "projectcalico.org/name starts with 'canine-'",
  },
  {
    id: 'E18',
    section: 'Admin access Step 1',
    does: 'denies tenants egress to kube-system, then allows the rest',
    happens: "with E17 corrected it cuts tenant DNS, and its final Allow pre-empts the tenants' own NetworkPolicies' egress rules",
    correction:
      'allow DNS first; deny, and end there: in the one tier of all policies a Pass skips the NetworkPolicies as an Allow does (seen)',
  },
  {
    id: 'E19',
    section: 'Admin access Step 1; Services at .100-.102',
    does: 'source address policy on Services with the default externalTrafficPolicy Cluster',
    happens: 'traffic that is announced on another node is masqueraded: the admins themselves are denied (seen)',
    correction: 'externalTrafficPolicy: Local',
  },
  {
    id: 'E20',
    section: 'Admin access Step 1',
    does: 'deny all other ingress to platform namespaces, order 200',
    happens:
      'also denies intra-namespace and platform traffic: OpenCost to Prometheus, Prometheus to its targets, Canine to its database, Longhorn manager and webhooks (failurePolicy Fail)',
    correction: 'allow platform-internal and API-server sources before the deny',
  },
  {
    id: 'E21',
    section: 'Admin access Step 2',
    does: 'preDNAT policy on all() for the API',
    happens: 'preDNAT policies act on HostEndpoints only; there are none, and failsafe ports include 6443: no effect',
    correction: "HostEndpoints (or Talos's firewall) with the failsafe list set",
  },
  {
    id: 'E22',
    section: 'Admin access Step 2',
    does: 'admits only the three admin sources',
    happens: "if it took effect, workers' kubelets, pods and the other control plane would be cut from the API",
    correction: 'allow 192.168.29.0/24 nodes and the pod network',
  },
  {
    id: 'E23',
    section: 'Admin access Step 4',
    does: 'adds admin and tenant pools beside default-pool',
    happens:
      "MetalLB's webhook refuses overlapping pools; the changed L2Advertisement then names no existing pool: .100-.199 are no longer announced while Services still show addresses",
    correction: 'delete default-pool first',
  },
  {
    id: 'E24',
    section: 'Admin access Step 4',
    does: 'autoAssign false "so they are never assigned to tenants"',
    happens: "only automatic choice is blocked; a tenant's Service may ask for .100-.109 by loadBalancerIP",
    correction: 'serviceAllocation by namespace on admin-pool',
  },
  {
    id: 'E25',
    section: 'OPT-2',
    does: 'ingress at .110',
    happens: '.110 is in the auto-assign pool: any tenant Service may have it already',
    correction: 'reserve it in a pool of its own',
  },
  {
    id: 'E26',
    section: 'Longhorn values',
    does: 'defaultSettings.replicaCount=3',
    happens: 'no such key (defaultReplicaCount); ignored, works only because 3 is the default',
    correction: 'defaultReplicaCount',
  },
  {
    id: 'E27',
    section: 'Storage sizes',
    does: '20+10+50+20+5 GiB x 3 replicas on 100 GB disks',
    happens: '105 GiB on each worker against about 65 GiB schedulable: volumes stay degraded or unscheduled',
    correction: 'larger disks or fewer replicas',
  },
  {
    id: 'E28',
    section: 'Longhorn replication',
    does: '3 replicas on 3 workers',
    happens:
      'when a worker is lost there is no fourth to rebuild on: degraded until it returns; pods of a dead node stay Terminating by default',
    correction: 'say so; node-down pod deletion policy',
  },
  {
    id: 'E29',
    section: 'OpenCost values',
    does: 'opencost.exporter.customPricing',
    happens: 'the chart reads opencost.customPricing: default prices are used (CPU .031611, RAM .004237, storage .00005479452)',
    correction: 'move the key',
  },
  {
    id: 'E30',
    section: 'OpenCost Step 5',
    does: 'Service selects app.kubernetes.io/component: ui',
    happens: "the chart's pods have no such label: no endpoints, .102 never answers",
    correction: 'selector by name only',
  },
  {
    id: 'E31',
    section: 'OpenCost Step 6',
    does: "jq '.data[0]' on /assets",
    happens: 'data is an object there',
    correction: '.data',
  },
  {
    id: 'E32',
    section: 'OpenCost Step 6',
    does: '/costModel/customPricing',
    happens: '404',
    correction: "/allocation's prices from the metrics node_cpu_hourly_cost...",
  },
  {
    id: 'E33',
    section: 'OpenCost reports',
    does: '30 day windows',
    happens: 'Prometheus keeps 15 days by default',
    correction: 'retention 35d and a volume to match',
  },
  {
    id: 'E34',
    section: 'OPT-6',
    does: 'invoice of last month, window to now',
    happens: 'includes the current month',
    correction: 'window to the first of this month',
  },
  {
    id: 'E35',
    section: 'Prometheus',
    does: 'namespace without a pod security label',
    happens: 'node-exporter needs host access; refused where the baseline level is enforced by default (Talos)',
    correction: 'label privileged',
  },
  {
    id: 'E36',
    section: 'Canine Step 2',
    does: 'Helm repo canine.sh/charts and its values',
    happens: 'not found there; the published chart has other values: tenantIsolation, loadBalancerIP are not templated',
    correction: 'published repository and values; own Service',
  },
  {
    id: 'E37',
    section: 'Canine Step 7',
    does: '/api/v1/users, /applications, Bearer token, /health',
    happens:
      "the API has me, projects, builds, clusters, add_ons, X-API-Key, health at /up; users, applications, variables and domains are forms of the dashboard; no bootstrap Secret; nothing suspends a user (read in the project's routes)",
    correction: 'rewritten calls; a user is suspended by removal from the account, and restored by another invitation',
  },
  {
    id: 'E38',
    section: 'provision-tenant.sh',
    does: 'takes id and namespace from the answer of POST /users',
    happens: 'E37: 404, jq gives null, the script goes on and prints success',
    correction: 'create namespace and isolation directly',
  },
  {
    id: 'E39',
    section: 'Isolation template',
    does: 'to: with namespaceSelector and podSelector as two items',
    happens: 'OR, not AND: any pod in kube-system on 53, and any pod with k8s-app=kube-dns of the own namespace',
    correction: 'one item with both',
  },
  {
    id: 'E40',
    section: 'Isolation template',
    does: '"explicit deny" policy deny-admin-namespaces',
    happens: 'NetworkPolicies only allow; the second policy adds nothing',
    correction: "drop it; deny in E17's policy",
  },
  {
    id: 'E41',
    section: 'Test Tenant Isolation',
    does: 'alice reaches example.com',
    happens: 'her egress policy allows only her namespace and DNS: blocked',
    correction: 'allow egress outside cluster and LAN ranges',
  },
  {
    id: 'E42',
    section: 'Isolation template',
    does: 'ingress only from the own namespace',
    happens: "the tenant's public Service or ingress is denied from outside",
    correction: 'allow ingress from the ingress controller or outside by label',
  },
  {
    id: 'E43',
    section: 'Verify Step 5',
    does: 'kubectl run ... wget || echo EXPECTED',
    happens: 'judges the creation of the pod, not the wget: always "succeeds"',
    correction: 'exec with the exit status, with a control',
  },
  {
    id: 'E44',
    section: 'Isolation RBAC',
    does: 'tenant-role has secrets, pods, pods/exec, create',
    happens: 'whoever has it can run as any ServiceAccount of the namespace and read its tokens; no policy or quota rights (good)',
    correction: 'restrict ServiceAccount use; drop secrets list',
  },
  {
    id: 'E45',
    section: 'Isolation',
    does: 'no pod security label on tenant namespaces',
    happens: 'a tenant may ask for privileged or host-network pods where the cluster default allows it: host network escapes NetworkPolicy',
    correction: 'enforce baseline or restricted',
  },
  {
    id: 'E46',
    section: 'Metrics server',
    does: '"latest" components.yaml',
    happens: 'latest needs a newer Kubernetes; 1.30 needs 0.7.x',
    correction: 'pin v0.7.2',
  },
  {
    id: 'E47',
    section: 'OPT-1',
    does: 'http01 solver with ingress class "" and Let\'s Encrypt on private addresses',
    happens: 'never solvable',
    correction: 'DNS-01, class nginx',
  },
  {
    id: 'E48',
    section: 'OPT-3',
    does: 'credentials with "\\n" in --set; no volume data',
    happens: 'becomes n; no node agent or snapshots: PVC data is not backed up',
    correction: 'values file; node agent',
  },
  {
    id: 'E49',
    section: 'OPT-4',
    does: 'PrometheusRule',
    happens: 'the CRD is not there (no operator); expression matches label type on both sides of a division: never true',
    correction: 'server.alertingRules, ignoring(type)',
  },
  {
    id: 'E50',
    section: 'OPT-5',
    does: 'Falco in a plain namespace',
    happens: 'refused where baseline is the default',
    correction: 'label privileged',
  },
  {
    id: 'E51',
    section: 'OPT-7',
    does: 'taints w01 for the platform',
    happens: "Longhorn and MetalLB speakers lack the toleration: w01's replicas and speaker are lost",
    correction: 'tolerations in both',
  },
  {
    id: 'E52',
    section: 'Emergency reset',
    does: 'deletes all PVCs, Deployments, Services of all namespaces, the default kubernetes Service and kube-dns included, before reset',
    happens: "takes the cluster's own services down first; reset would erase anyway",
    correction: 'reset only',
  },
  {
    id: 'E53',
    section: 'Longhorn – Volumes Not Attaching',
    does: 'talosctl df /dev/sdb',
    happens: 'talosctl 1.11.6 has no df command: unknown command (seen)',
    correction: 'talosctl mounts, talosctl get discoveredvolumes',
  },
  {
    id: 'E54',
    section: 'VIP Not Responding; Static Hostname Not Applied',
    does: 'get members with --endpoints 192.168.29.10 and no node; apply-config without --talosconfig',
    happens:
      "get refuses: nodes are not set. The endpoint is the VIP that is being diagnosed. apply-config uses the default talosconfig, not the folder's (seen)",
    correction: '-e 192.168.29.11 -n 192.168.29.11; name the talosconfig',
  },
  {
    id: 'E55',
    section: 'Test Static Hostnames; Complete Cluster Health Check; Daily Health Checks',
    does: 'STATUS column is .status.conditions[-1].type; unhealthy pods are found by grep -v Running',
    happens:
      "prints the condition's type (Ready) whether it is True or not; a Running pod that is not ready is hidden; no step exits non-zero (I)",
    correction: "print the Ready condition's status; compare ready with total; exit non-zero",
  },
  {
    id: 'E56',
    section: 'Step 7',
    does: 'DHCP off, no nameservers, no time servers',
    happens: 'defaults are used: 1.1.1.1, 8.8.8.8, time.cloudflare.com; without that egress no name resolves and time never synchronises',
    correction: 'nameservers and time servers of the site',
  },
  {
    id: 'E57',
    section: 'Configuration Backup; Static Hostname Not Applied',
    does: 'saves and re-applies w01.yaml as generated in Step 7',
    happens:
      'live patches (Longhorn disk, firewall) were never written to those files: a re-apply removes them, a restore lacks them; monthly-invoice.sh is missing from the archive (I)',
    correction: "save each node's live machine configuration; patch files, then apply",
  },
  {
    id: 'E58',
    section: 'Configuration Backup',
    does: 'tar, then gpg',
    happens: 'folder and plain .tar.gz, with all cluster keys, stay beside the encrypted file; the etcd snapshot is not encrypted at all',
    correction: 'tar into gpg through a pipe; encrypt the snapshot too',
  },
  {
    id: 'E59',
    section: 'Add a Worker Node',
    does: 'same two patches, then apply',
    happens:
      "no firewall patch (Talos API open on w04), no w04 in the others' host entries, no VM step; loops over nodes elsewhere leave w04 out",
    correction: 'full patch set for w04, entry on all nodes',
  },
  {
    id: 'E60',
    section: 'Emergency Cluster Reset',
    does: 'reset with default flags "destroys all data"',
    happens:
      'user disks are wiped only when named: /dev/sdb keeps the Longhorn replicas; the Deployments that would delete volumes are removed at the same time',
    correction: '--user-disks-to-wipe /dev/sdb on workers',
  },
  {
    id: 'E61',
    section: 'OPT-7',
    does: 'NoSchedule taint on w01 "ensures" separation',
    happens: 'any tenant may write the toleration in his own pod; pods already there stay; all platform pods now depend on one node (I)',
    correction: 'admission rule on tolerations by namespace; at least two platform nodes',
  },
  {
    id: 'E62',
    section: "Talos firewall (with E06's correction)",
    does: 'opens only what an administrator needs',
    happens:
      "Typha 5473/TCP is on the host network, MetalLB memberlist uses 7946 TCP and UDP and its speakers' metrics 7472, metrics need 10250, node-exporter 9100: all come from node addresses and are blocked",
    correction: 'open them to 192.168.29.0/24',
  },
  {
    id: 'E63',
    section: 'OPT-2',
    does: 'use-forwarded-headers true with no proxy before it',
    happens: "any client can forge its source address and scheme towards tenants' apps",
    correction: 'false, or a list of trusted proxies',
  },
  {
    id: 'E64',
    section: 'Step 5, Step 6',
    does: 'mirrors without skipFallback',
    happens: 'a dead mirror is hidden by upstream where that is reachable; factory.talos.dev has no mirror',
    correction: 'skipFallback where an air gap is meant; mirror the factory',
  },
  {
    id: 'E65',
    section: 'Isolation template; tenant pool',
    does: 'count/services 20 a tenant, no cap on LoadBalancers',
    happens: 'five tenants can take 100 addresses, the pool has 90: one more tenant gets none',
    correction: 'services.loadbalancers quota',
  },
  {
    id: 'E66',
    section: 'OPT-2',
    does: 'wildcard name is assumed',
    happens: 'no step creates *.apps.29.talos.vaheed.net; prerequisites list three other names only',
    correction: 'add it to the prerequisites',
  },
  {
    id: 'E67',
    section: "Worker patch; E04's correction",
    does: 'extraMounts from /var/mnt/longhorn to /var/lib/longhorn, default data path the latter',
    happens:
      "hostPath mounts are resolved by containerd on the host; whether the kubelet's bind reaches it depends on propagation: replicas may land on the 50 GB OS disk",
    correction: 'one path for source, destination and data path: /var/mnt/longhorn',
  },
  {
    id: 'E68',
    section: 'Troubleshooting: Storage Class Issues',
    does: 'marks longhorn default',
    happens: 'does not unmark another default: two defaults remain',
    correction: 'remove the annotation elsewhere first',
  },
  {
    id: 'E69',
    section: 'OPT-3',
    does: 'MinIO and the bucket are assumed, velero CLI not among the prerequisites, plugin v1.9.0 with the newest chart',
    happens: "location stays unavailable; plugin may not fit; E48's node agent needs host paths, refused at Talos's baseline level",
    correction: 'deploy MinIO and bucket, matching versions, privileged label on velero',
  },
  {
    id: 'E70',
    section: 'Isolation template',
    does: '50 GiB a tenant, three replicas',
    happens: 'each tenant may take 50 GiB on every worker: with E27 not even one fits beside the platform',
    correction: 'quota from real capacity',
  },
  {
    id: 'E71',
    section: 'OpenCost Step 6, assets',
    does: 'aggregate=type, accumulate=true on /assets',
    happens:
      '(read) the handler reads window and filter only; keys are single assets, not types; a correction to .data alone (E31) still lists no types',
    correction: "group by the asset's type in jq",
  },
  {
    id: 'E72',
    section: 'Daily cost snapshot',
    does: 'window=1d for "daily"',
    happens: '(read) N d means whole UTC days with today, not the last 24 h: at 00:10 UTC it covers 10 minutes',
    correction: 'window=yesterday, or 24h',
  },
  {
    id: 'E73',
    section: 'Complete Cluster Health Check',
    does: '7: grep -v Running; 13: curl -s /healthz; no status of its own',
    happens:
      'Running but unready pods pass; pods that were refused are not listed at all; /healthz has an empty body (read), so alive and dead both print nothing',
    correction: 'wait for Ready; curl -f with the code; exit status',
  },
  {
    id: 'E74',
    section: 'Troubleshooting zero costs',
    does: 'expects code 200',
    happens: '(derived) code tells that the query ran, not that there is cost: 200 with empty sets',
    correction: 'test the sum of totalCost > 0',
  },
  {
    id: 'E75',
    section: 'tenant-cost-report.sh',
    does: 'sort -rn on numbers from jq',
    happens: '(seen) jq prints small numbers as 1.2e-05; sort -n reads 1.2 and puts them on top',
    correction: 'sort -g',
  },
  {
    id: 'E76',
    section: 'OPT-4',
    does: 'promises quota and cluster cost alerts, delivered in time; Step 1 disables Alertmanager',
    happens: 'no rule on cost is given, and nothing delivers alerts',
    correction: 'a cost rule, and a receiver outside this release (Alertmanager in it would break COST-PROM-LEAN)',
  },
  {
    id: 'E77',
    section: 'Step 6, month to date',
    does: 'START from local date written with Z, END in UTC',
    happens: "(derived) around midnight at a month's end the start is a month off or after the end",
    correction: 'date -u in both',
  },
  {
    id: 'E78',
    section: 'OpenCost values, persistence',
    does: '5Gi volume for OpenCost',
    happens:
      '(read) it is only the mount for CSV export, which the values never enable: nothing is stored on it, nor could it be, for its user 1001 may not write there without an fsGroup (seen); history lives in Prometheus',
    correction: 'an fsGroup of 1001 (podSecurityContext); set the CSV path, or drop the volume',
  },
  {
    id: 'E79',
    section: 'OPT-6',
    does: 'MONTH from date -d "last month"',
    happens: '(seen) on 31 March it gives 2026-03',
    correction: 'count back from the first of the month',
  },
  {
    id: 'E80',
    section: 'Step 6, filter',
    does: 'filter=namespace:"..." on /allocation',
    happens:
      '(seen) /allocation of v1.111.0, which the lab runs, does not read filter: every namespace is returned; newer releases to be proven',
    correction: 'pin a version that filters, or select in jq',
  },
  {
    id: 'E81',
    section: 'OpenCost Step 1, values',
    does: '-f from branch develop; charts and images "latest"',
    happens: 'unpinned: two builds of the same guide can differ',
    correction: 'pin chart versions and a commit',
  },
  {
    id: 'E82',
    section: 'Port Reference',
    does: 'UI on 9090, admin only',
    happens: ".102 publishes 80, not 9090; 9090 is the container's port",
    correction: 'say 80 -> 9090',
  },
  {
    id: 'E83',
    section: 'Troubleshooting, Tenant Isolation Issues',
    does: 'greps get clusterrolebinding for the tenant namespace, expecting nothing',
    happens:
      'the default columns are name, role, age; subjects appear only with -o wide, so a leaked binding with another name is missed (from reading)',
    correction: '-o wide, or select on subjects; include groups and RoleBindings elsewhere',
  },
  {
    id: 'E84',
    section: 'Step 8',
    does: 'refines E38: curl without --fail, JSON by string pasting',
    happens:
      "HTML 404: jq fails, and errexit with pipefail stops the script (jq's failure and the stop seen in a minimal script; that Canine answers HTML is inferred). JSON error body: null ID, fall-back name, success printed if that namespace exists. An empty body gives an empty namespace, which the second script refuses. Quotes in a value break the JSON",
    correction: '--fail-with-body, jq -n --arg',
  },
  {
    id: 'E85',
    section: 'Step 6, ResourceQuota',
    does: 'count/pods 50 beside minimum 50m and requests.cpu 2',
    happens:
      'at most 40 running pods can ever fit, 8 with default limits; count/pods counts finished pods, so old Jobs block new ones (from reading)',
    correction: 'quota key pods, or say so; ttlSecondsAfterFinished',
  },
  {
    id: 'E86',
    section: 'Step 6, script',
    does: 'accepts any NS',
    happens: 'NS=kube-system or canine installs deny-all and a 2-CPU quota in the platform',
    correction: 'refuse names not starting with canine-',
  },
  {
    id: 'E87',
    section: 'Step 4 values against Step 6',
    does: 'two sets of limits for tenants',
    happens: 'values: default limit 1 CPU/512Mi; template: 500m/256Mi; the effective one depends on who wrote last',
    correction: 'one set',
  },
  {
    id: 'E88',
    section: 'Isolation template; Summary',
    does: 'nothing restricts tolerations or nodeName',
    happens: "whoever may create pods may tolerate the control plane taint, or OPT-7's, or set nodeName (from reading)",
    correction: 'admission policy on tenant namespaces',
  },
  {
    id: 'E89',
    section: 'Isolation template',
    does: 'services create is unrestricted',
    happens: 'spec.externalIPs captures any address for in-cluster clients (known Kubernetes behaviour, CVE-2020-8554; not run here)',
    correction: 'DenyServiceExternalIPs or an admission policy',
  },
  {
    id: 'E90',
    section: 'OPT-5',
    does: 'promises three detections from default rules',
    happens:
      "the stable rule file may not alert on arbitrary outbound connections, and its shell rule wants a terminal (from memory, to be checked at the chart's version)",
    correction: 'name the rules, load the further rule files',
  },
  {
    id: 'E91',
    section: 'Test Tenant Isolation',
    does: 'prints PASS when the exec fails',
    happens: 'any failure (pod not ready, exec refused, name error) prints PASS; same family as E43',
    correction: 'control and expected failure kind',
  },
  {
    id: 'E92',
    section: 'Tenant Isolation Model; E17',
    does: 'policies select tenants by the name prefix canine-',
    happens: 'Canine names a namespace after the project (addons research), so unprefixed tenants are in no policy',
    correction: 'select by a tenant label that the script sets',
  },
  {
    id: 'E93',
    section: 'Step 8; Access Points',
    does: 'prints the dashboard URL for the tenant',
    happens: 'the dashboard is admin-only: a tenant cannot log in from anywhere but an admin address',
    correction: "say so, or separate the tenants' entrance",
  },
  {
    id: 'E94',
    section: 'Access Points, admin IPs only',
    does: 'counts on policy for every source',
    happens: 'Calico always lets a host reach the pods on that same host, so node processes and host-network pods bypass it (from reading)',
    correction: 'treat nodes as trusted and say so; E45 keeps tenants off the host',
  },
  {
    id: 'E95',
    section: 'Step 3, tenants',
    does: 'relies on the host firewall for 50000-51000',
    happens:
      'once corrected (E06), traffic from pod and service subnets stays allowed under block (talos research); only pod egress policy stops tenants',
    correction: 'deny tenant egress to the node net globally',
  },
  {
    id: 'E96',
    section: 'Step 1, Prometheus',
    does: 'selects pods of prometheus-system',
    happens:
      'node-exporter uses the host network: 9100 on every node is outside workload policy (from reading; pods are refused anyway where E35 holds)',
    correction: 'firewall rule for 9100, node net only',
  },
  {
    id: 'E97',
    section: 'Access Points, MCP in-cluster',
    does: 'deny 200 covers opencost',
    happens: "in-cluster callers outside an allow are denied, tenants and ordinary pods alike; only E20's allow opens it to platform pods",
    correction: 'say platform pods only',
  },
  {
    id: 'E98',
    section: 'Step 5: Verify Admin Access Control',
    does: 'expects status 200 from http://192.168.29.101',
    happens:
      "once Canine has its first user, / redirects to the log-in page: 302 (seen on the stand-in, read in the real project's routes)",
    correction: 'curl -L, or ask for /up',
  },
  {
    id: 'E99',
    section: 'Complete Cluster Health Check',
    does: '9: get svc -A --field-selector spec.type=LoadBalancer',
    happens:
      'Kubernetes 1.30 selects Services by name and namespace only: BadRequest, "spec.type" is not a known field selector (seen); no Service is listed',
    correction: 'get svc -A, and select LoadBalancer from its output',
  },
  {
    id: 'E100',
    section: 'Step 2 of admin access',
    does: "protects the control planes' addresses",
    happens:
      "any host of the LAN that takes a node as next hop for 10.96.0.1 reaches the API: the node's kube-proxy translates and masquerades, so it comes from a node (seen)",
    correction: 'host endpoints on the workers too, and 10.96.0.1:443 among the denied destinations',
  },
];

/** Throws when the register names an erratum that does not exist. */
export function erratum(id: string): Erratum {
  const found = errata.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`there is no erratum ${id}`);
  return found;
}
