import type { DocumentedCluster } from '../../guide/cluster.ts';
import { requirementsOf } from '../../harness/platform/capabilities.ts';

function workersOf({ nodes }: DocumentedCluster): string {
  return nodes
    .filter(({ role }) => role === 'worker')
    .map(({ name }) => name)
    .join(', ');
}

/** Kept until the step of erratum E20 is applied, which cuts Longhorn off from itself; a cluster built as written has all steps. */
const cutOff = { verdict: 'broken', errata: ['E20'] } as const;

/**
 * Longhorn on three worker disks: placement, access modes, survival of a node, capacity.
 *
 * Merged with rows of other suites, which decide the same: STOR-QUOTA-CLASS is ISO-QUOTA-STORAGE-LONGHORN; STOR-QUOTA-TOTAL is
 * ISO-QUOTA-STORAGE with ISO-QUOTA-PVC-COUNT; STOR-CLAIM-BOUNDS is ISO-LIMIT-PVC-MIN with ISO-LIMIT-PVC-MAX; STOR-UI is NET-LB-ADDR-100.
 */
export const requirements = requirementsOf('storage', {
  'STOR-VERSION': {
    promise: ({ versions }) => `Longhorn is ${versions.longhorn} everywhere: manager, UI, engine and instance managers.`,
    guide: ['Cluster Specifications', 'Install Longhorn'],
    severity: 'major',
    kind: 'static',
    needs: ['kubernetes', 'longhorn', 'longhorn-release', 'metallb'],
    fault: "Set the manager's image to another tag.",
  },
  'STOR-HEALTH': {
    promise:
      'A Longhorn manager is Ready on each worker within 600 s, the CSI driver registered, webhooks answering, the namespace enforcing the privileged level.',
    guide: ['Install Longhorn'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'longhorn'],
    fault: "Delete the namespace's label.",
    asWritten: cutOff,
  },
  'STOR-EXTENSIONS': {
    promise:
      'Every worker has what Longhorn needs of the system: iSCSI tools, util-linux tools, an NFS client; a mounted volume can be trimmed.',
    guide: ['Step 1: Download Talos with VMware Tools', 'Install Longhorn'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'talos-api', 'longhorn', 'iscsi'],
    fault: 'Use the schematic without util-linux tools.',
    asWritten: { verdict: 'broken', errata: ['E12', 'E20'] },
  },
  'STOR-DISK-DEVICE': {
    promise: (documented) =>
      `${workersOf(documented)} each have a second disk /dev/sdb of at least ${documented.storage.diskBytes / 1e9} GB beside an OS disk of at least 50 GB.`,
    guide: ['Hardware Requirements', 'Worker Nodes', 'Step 3: Create VMs in vSphere'],
    severity: 'major',
    kind: 'static',
    needs: ['talos-api'],
    fault: 'Attach a smaller disk to w02.',
  },
  'STOR-DISK-MOUNT': {
    promise: ({ storage }) =>
      `On each worker /dev/sdb has exactly one partition in one mount, ${storage.diskMount}, without doubled entries.`,
    guide: ['Step 6: Create Worker Patch', 'Prepare Worker Disks for Longhorn'],
    severity: 'major',
    kind: 'static',
    needs: ['talos-api'],
    fault: 'Apply the second disk patch.',
    asWritten: { verdict: 'broken', errata: ['E04', 'E05'] },
  },
  'STOR-DATA-PATH': {
    promise: ({ storage }) => `Longhorn's default data path is ${storage.dataPath} and lies on /dev/sdb, not on the OS disk.`,
    guide: ['Install Longhorn', 'Prepare Worker Disks for Longhorn'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'talos-api'],
    fault: 'Unmount sdb and restart the manager.',
    asWritten: cutOff,
  },
  'STOR-MOUNT-PROPAGATION': {
    promise: 'The kubelet sees the data path with bind, rshared and rw, and workers have vm.max_map_count 262144.',
    guide: ['Step 6: Create Worker Patch', 'Prepare Worker Disks for Longhorn'],
    severity: 'major',
    kind: 'static',
    needs: ['kubernetes', 'talos-api', 'longhorn'],
    fault: 'Remove rshared on w03.',
  },
  'STOR-NODES-SCHEDULABLE': {
    promise: (documented) =>
      `Exactly ${workersOf(documented)} are Longhorn nodes, each with one schedulable, ready disk; control planes hold none.`,
    guide: ['Worker Nodes', 'Architecture Overview'],
    severity: 'major',
    kind: 'static',
    needs: ['kubernetes', 'longhorn'],
    fault: "Disable scheduling on w02's disk.",
  },
  'STOR-CLASS-DEFAULT': {
    promise: '`longhorn` is the only default StorageClass, provisioned by driver.longhorn.io.',
    guide: ['Install Longhorn', 'Storage Class Issues'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn'],
    fault: 'Mark a second StorageClass as default.',
  },
  'STOR-CLASS-XFS': {
    promise: 'Volumes of the class are formatted xfs.',
    guide: ['Install Longhorn'],
    severity: 'minor',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Set fsType ext4.',
    asWritten: cutOff,
  },
  'STOR-CLASS-REPLICAS': {
    promise: "The class asks for 3 replicas, and so does Longhorn's own default, as the installation sets it.",
    guide: ['Install Longhorn'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Set the class to 2.',
    asWritten: { verdict: 'broken', errata: ['E26'] },
  },
  'STOR-REPLICAS-SPREAD': {
    promise: 'A new volume has three healthy replicas on three different workers within 5 min of attachment.',
    guide: ['Install Longhorn', 'Summary'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Turn soft anti-affinity on, and scheduling off for w03.',
    asWritten: cutOff,
  },
  'STOR-REPLICAS-SAME-DATA': {
    promise: "Each single replica holds the data: a pattern reads back with any one worker's replica alone.",
    guide: ['Summary'],
    severity: 'critical',
    // The other replicas are marked as failed, which needs no power: nobody else notices.
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: "Overwrite a block in one replica's image file.",
    asWritten: cutOff,
  },
  'STOR-PROVISION': {
    promise: 'A claim of 5 GiB is provisioned without an administrator and bound within 60 s; its pod runs within 60 s more.',
    guide: ['Verify Longhorn Storage', 'Summary'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Stop the provisioner.',
    asWritten: cutOff,
  },
  'STOR-READ-BACK': {
    promise: 'Data written by a pod is read back, also by a new pod on another worker after the first is gone.',
    guide: ['Verify Longhorn Storage'],
    severity: 'critical',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Make the claim anew between the pods.',
    asWritten: cutOff,
  },
  'STOR-RWO': {
    promise: 'A ReadWriteOnce volume is writable on one node only: a second pod elsewhere is not given it until the first has gone.',
    guide: ['Verify Longhorn Storage', 'Summary'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Make the claim ReadWriteMany.',
    asWritten: cutOff,
  },
  'STOR-RWX': {
    promise: 'A ReadWriteMany volume is written by pods on three workers at once; each sees the data of the others within 5 s.',
    guide: ['Summary'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'nfs'],
    fault: 'Block 2049 to the share manager.',
    asWritten: cutOff,
  },
  'STOR-RWX-FAILOVER': {
    promise: 'A ReadWriteMany volume survives the loss of the node with its share manager: readers and writers go on within 3 min.',
    guide: ['Summary'],
    severity: 'major',
    kind: 'disruptive',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'nfs', 'node-power'],
    fault: 'Delete the share manager with its recovery paused.',
    asWritten: cutOff,
  },
  'STOR-NODE-LOSS-DATA': {
    promise: 'With any one worker off, an attached volume stays readable and writable from a surviving one, losing no acknowledged write.',
    guide: ['Summary'],
    severity: 'critical',
    kind: 'disruptive',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'node-power'],
    fault: 'Write to a volume whose one replica is on the lost worker.',
    asWritten: cutOff,
  },
  'STOR-NODE-LOSS-WORKLOAD': {
    promise: 'A workload of one pod with a ReadWriteOnce claim on a lost worker runs again on another, with its data, within 10 min.',
    guide: ['Summary'],
    severity: 'major',
    kind: 'long',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'node-power'],
    fault: 'Leave the pod deletion policy at do-nothing.',
    asWritten: { verdict: 'broken', errata: ['E20', 'E28'] },
  },
  'STOR-REBUILD': {
    promise:
      'When a lost worker returns, its replica is rebuilt: three healthy replicas again within 15 min, data written meanwhile included, the volume served throughout.',
    guide: ['Summary'],
    severity: 'critical',
    kind: 'disruptive',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'node-power'],
    fault: "Disable scheduling on that node's disk.",
    asWritten: cutOff,
  },
  'STOR-REBUILD-ELSEWHERE': {
    promise: ({ storage }) =>
      storage.lostWorker === 'replaced'
        ? 'After a permanent loss of a worker three replicas are restored without it.'
        : 'After a permanent loss of a worker a volume has a replica on each other worker, up to three, none has two, and it is served.',
    guide: ['Summary'],
    severity: 'major',
    kind: 'long',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'node-power'],
    fault: 'Turn soft anti-affinity on.',
    asWritten: { verdict: 'broken', errata: ['E20', 'E28'] },
  },
  'STOR-CAPACITY': {
    promise: 'The disks can hold all documented volumes three times: 20, 10, 50, 20 and 5 GiB, 105 GiB on each worker.',
    guide: [
      'Step 4: Create Canine Values File',
      'Step 1: Install Prometheus',
      'Step 3: Create OpenCost Values File',
      'Hardware Requirements',
    ],
    severity: 'major',
    kind: 'static',
    needs: ['kubernetes', 'longhorn'],
    fault: "Reserve 60 % of w01's disk.",
    asWritten: { verdict: 'broken', errata: ['E27'] },
  },
  'STOR-PLATFORM-VOLUMES': {
    promise:
      'Each documented platform volume exists with class longhorn and its size, bound and healthy: Canine 20, its database 10, BuildKit 50, Prometheus 20, OpenCost 5 GiB.',
    guide: ['Step 4: Create Canine Values File', 'Step 1: Install Prometheus', 'Step 3: Create OpenCost Values File'],
    severity: 'major',
    kind: 'static',
    needs: ['kubernetes', 'longhorn', 'canine', 'prometheus', 'opencost'],
    fault: 'Delete one replica with rebuilding off.',
    asWritten: { verdict: 'broken', errata: ['E27', 'E36'] },
  },
  'STOR-UI-DATA': {
    promise: 'The Longhorn UI shows the cluster: its API path returns the same volumes and nodes as the custom resources.',
    guide: ['Expose Longhorn UI (Admin only — see IP Allowlist section)'],
    severity: 'minor',
    kind: 'active',
    needs: ['kubernetes', 'metallb', 'longhorn', 'longhorn-ui', 'iscsi', 'outside-vantage'],
    fault: "Deny the UI pods' way to the manager's 9500.",
    asWritten: { verdict: 'broken', errata: ['E19', 'E20', 'E23'] },
  },
  'STOR-AFTER-POLICIES': {
    promise:
      'Storage works after the admin access steps, on new connections: a claim is provisioned, attached, replicated, read back and deleted.',
    guide: ['Step 1: Calico GlobalNetworkPolicy – Protect Admin Services', 'Summary'],
    severity: 'critical',
    kind: 'disruptive',
    needs: ['kubernetes', 'calico', 'longhorn', 'iscsi', 'node-shell'],
    fault: 'Deny ingress inside longhorn-system.',
    asWritten: cutOff,
  },
  'STOR-QUOTA-BACKED': {
    promise: "What a tenant's quota grants can be stored: 50 GiB with three replicas fits beside the platform's volumes.",
    guide: ['Step 6: Tenant Namespace Isolation Template', 'Hardware Requirements'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'guide-scripts'],
    fault: "Reserve 60 % of w01's disk.",
    asWritten: { verdict: 'broken', errata: ['E20', 'E27', 'E70'] },
  },
  'STOR-EXPAND': {
    promise: 'A bound claim can be enlarged while in use, and the pod sees the space without restart.',
    guide: ['Install Longhorn', 'Summary'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Set allowVolumeExpansion false.',
    asWritten: cutOff,
  },
  'STOR-DELETE': {
    promise: 'Deleting pod and claim removes the volume, its replicas and the space they used.',
    guide: ['Verify Longhorn Storage'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi'],
    fault: 'Add a finalizer to the Longhorn volume.',
    asWritten: cutOff,
  },
  'STOR-SELF-TEST': {
    promise: 'The documented test (test-pvc of 5 GiB, test-pod with nginx) prints the text that it wrote, and leaves nothing behind.',
    guide: ['Verify Longhorn Storage'],
    severity: 'major',
    kind: 'active',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'guide-scripts'],
    fault: 'Mount the volume read-only.',
    asWritten: cutOff,
  },
  'STOR-DIAGNOSE': {
    promise: "The documented diagnostics work: Longhorn's volumes and nodes are listed, and a figure of each worker's disk is shown.",
    guide: ['Longhorn – Volumes Not Attaching', 'Complete Cluster Health Check'],
    severity: 'minor',
    kind: 'static',
    needs: ['kubernetes', 'longhorn', 'talos-api', 'guide-scripts'],
    fault: "Remove the right to list Longhorn's resources.",
    asWritten: { verdict: 'broken', errata: ['E53'] },
  },
  'STOR-OPT7-TAINT': {
    promise: 'With w01 tainted for the platform, its Longhorn components and replicas survive a restart of w01.',
    guide: ['OPT-7: Node Taints – Separate System and Tenant Workloads'],
    severity: 'major',
    kind: 'disruptive',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'node-power', 'dedicated-worker'],
    fault: 'Taint without tolerations.',
    asWritten: { verdict: 'broken', errata: ['E20', 'E51'] },
  },
  'STOR-OPT3-SCHEDULE': {
    promise: 'Velero runs a backup of all namespaces daily at 02:00 and keeps each for 720 h, in bucket velero-backups.',
    guide: ['OPT-3: Velero – Backup and Disaster Recovery'],
    severity: 'major',
    kind: 'long',
    needs: ['kubernetes', 'velero'],
    fault: 'Give a wrong secret key.',
    asWritten: { verdict: 'broken', errata: ['E48', 'E69'] },
  },
  'STOR-OPT3-RESTORE-DATA': {
    promise: 'A backup holds claim data: a namespace is deleted and restored, and a pattern reads back.',
    guide: ['OPT-3: Velero – Backup and Disaster Recovery', 'Summary'],
    severity: 'critical',
    kind: 'long',
    needs: ['kubernetes', 'longhorn', 'iscsi', 'velero'],
    fault: 'Switch off volume data in the backup.',
    asWritten: { verdict: 'broken', errata: ['E20', 'E48', 'E69'] },
  },
  'STOR-OPT3-RESTORE-OBJECTS': {
    promise: 'A restore brings back all Kubernetes objects of a namespace.',
    guide: ['OPT-3: Velero – Backup and Disaster Recovery'],
    severity: 'major',
    kind: 'long',
    needs: ['kubernetes', 'velero'],
    fault: 'Exclude secrets from the backup.',
    asWritten: { verdict: 'broken', errata: ['E48', 'E69'] },
  },
});
