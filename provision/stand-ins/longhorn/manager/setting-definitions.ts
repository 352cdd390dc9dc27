/** What a setting of Longhorn v1.10 is: types/setting.go of longhorn-manager, without its descriptions. */
export interface SettingDefinition {
  readonly name: string;
  readonly displayName: string;
  readonly category: string;
  readonly type: 'string' | 'int' | 'float' | 'bool' | 'deprecated';
  /** As the setting's object holds it; of a setting with a value for each data engine, JSON. */
  readonly default: string;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  readonly perDataEngine?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
}

const definitions: readonly SettingDefinition[] = [
  { name: 'allow-recurring-job-while-volume-detached', displayName: 'Allow Recurring Job While Volume Is Detached', category: 'backup', type: 'bool', default: 'false', required: true },
  { name: 'create-default-disk-labeled-nodes', displayName: 'Create Default Disk on Labeled Nodes', category: 'general', type: 'bool', default: 'false', required: true },
  { name: 'default-data-path', displayName: 'Default Data Path', category: 'general', type: 'string', default: '/var/lib/longhorn/', required: true },
  { name: 'default-engine-image', displayName: 'Default Engine Image', category: 'system info', type: 'string', default: '', required: true, readOnly: true },
  { name: 'default-instance-manager-image', displayName: 'Default Instance Manager Image', category: 'system info', type: 'deprecated', default: '', required: true, readOnly: true },
  { name: 'default-backing-image-manager-image', displayName: 'Default Backing Image Manager Image', category: 'system info', type: 'deprecated', default: '', required: true, readOnly: true },
  { name: 'support-bundle-manager-image', displayName: 'Support Bundle Manager Image', category: 'system info', type: 'string', default: '', required: true },
  { name: 'replica-soft-anti-affinity', displayName: 'Replica Node Level Soft Anti-Affinity', category: 'scheduling', type: 'bool', default: 'false', required: true },
  { name: 'replica-auto-balance', displayName: 'Replica Auto Balance', category: 'scheduling', type: 'string', default: 'disabled', required: true, choices: ['disabled', 'least-effort', 'best-effort'] },
  { name: 'replica-auto-balance-disk-pressure-percentage', displayName: 'Replica Auto Balance Disk Pressure Threshold (%)', category: 'scheduling', type: 'int', default: '90', required: true },
  { name: 'storage-over-provisioning-percentage', displayName: 'Storage Over Provisioning Percentage', category: 'scheduling', type: 'int', default: '100', required: true, minimum: 0 },
  { name: 'storage-minimal-available-percentage', displayName: 'Storage Minimal Available Percentage', category: 'scheduling', type: 'int', default: '25', required: true, minimum: 0, maximum: 100 },
  { name: 'storage-reserved-percentage-for-default-disk', displayName: 'Storage Reserved Percentage For Default Disk', category: 'scheduling', type: 'int', default: '30', required: true, minimum: 0, maximum: 100 },
  { name: 'upgrade-checker', displayName: 'Enable Upgrade Checker', category: 'general', type: 'bool', default: 'true', required: true },
  { name: 'upgrade-responder-url', displayName: 'Upgrade Responder URL', category: 'general', type: 'string', default: 'https://longhorn-upgrade-responder.rancher.io/v1/checkupgrade', required: true },
  { name: 'allow-collecting-longhorn-usage-metrics', displayName: 'Allow Collecting Longhorn Usage Metrics', category: 'general', type: 'bool', default: 'true', required: true },
  { name: 'current-longhorn-version', displayName: 'Current Longhorn Version', category: 'system info', type: 'string', default: 'v1.10.1', readOnly: true },
  { name: 'latest-longhorn-version', displayName: 'Latest Longhorn Version', category: 'system info', type: 'string', default: '', readOnly: true },
  { name: 'stable-longhorn-versions', displayName: 'Stable Longhorn Versions', category: 'system info', type: 'string', default: '', readOnly: true },
  { name: 'default-replica-count', displayName: 'Default Replica Count', category: 'general', type: 'int', default: '{"v1":"3","v2":"3"}', required: true, perDataEngine: true, minimum: 1, maximum: 20 },
  { name: 'default-data-locality', displayName: 'Default Data Locality', category: 'general', type: 'string', default: 'disabled', required: true, choices: ['disabled', 'best-effort', 'strict-local'] },
  { name: 'default-longhorn-static-storage-class', displayName: 'Default Longhorn Static StorageClass Name', category: 'general', type: 'string', default: 'longhorn-static', required: true },
  { name: 'taint-toleration', displayName: 'Kubernetes Taint Toleration', category: 'danger Zone', type: 'string', default: '' },
  { name: 'system-managed-components-node-selector', displayName: 'System Managed Components Node Selector', category: 'danger Zone', type: 'string', default: '' },
  { name: 'crd-api-version', displayName: 'Custom Resource API Version', category: 'system info', type: 'string', default: '', required: true, readOnly: true },
  { name: 'auto-salvage', displayName: 'Automatic salvage', category: 'general', type: 'bool', default: 'true', required: true },
  { name: 'auto-delete-pod-when-volume-detached-unexpectedly', displayName: 'Automatically Delete Workload Pod when The Volume Is Detached Unexpectedly', category: 'general', type: 'bool', default: 'true', required: true },
  { name: 'registry-secret', displayName: 'Registry secret', category: 'general', type: 'string', default: '' },
  { name: 'disable-scheduling-on-cordoned-node', displayName: 'Disable Scheduling On Cordoned Node', category: 'scheduling', type: 'bool', default: 'true', required: true },
  { name: 'replica-zone-soft-anti-affinity', displayName: 'Replica Zone Level Soft Anti-Affinity', category: 'scheduling', type: 'bool', default: 'true', required: true },
  { name: 'node-down-pod-deletion-policy', displayName: 'Pod Deletion Policy When Node is Down', category: 'general', type: 'string', default: 'do-nothing', required: true, choices: ['do-nothing', 'delete-statefulset-pod', 'delete-deployment-pod', 'delete-both-statefulset-and-deployment-pod'] },
  { name: 'node-drain-policy', displayName: 'Node Drain Policy', category: 'general', type: 'string', default: 'block-if-contains-last-replica', required: true, choices: ['block-for-eviction', 'block-for-eviction-if-contains-last-replica', 'block-if-contains-last-replica', 'allow-if-replica-is-stopped', 'always-allow'] },
  { name: 'detach-manually-attached-volumes-when-cordoned', displayName: 'Detach Manually Attached Volumes When Cordoned', category: 'general', type: 'bool', default: 'false', required: true },
  { name: 'priority-class', displayName: 'Priority Class', category: 'danger Zone', type: 'string', default: '' },
  { name: 'disable-revision-counter', displayName: 'Disable Revision Counter', category: 'general', type: 'bool', default: '{"v1":"true"}', required: true, perDataEngine: true },
  { name: 'replica-replenishment-wait-interval', displayName: 'Replica Replenishment Wait Interval', category: 'general', type: 'int', default: '600', required: true, minimum: 0 },
  { name: 'concurrent-replica-rebuild-per-node-limit', displayName: 'Concurrent Replica Rebuild Per Node Limit', category: 'danger Zone', type: 'int', default: '5', required: true, minimum: 0 },
  { name: 'concurrent-backing-image-replenish-per-node-limit', displayName: 'Concurrent Backing Image Replenish Per Node Limit', category: 'danger Zone', type: 'int', default: '5', required: true, minimum: 0 },
  { name: 'concurrent-volume-backup-restore-per-node-limit', displayName: 'Concurrent Volume Backup Restore Per Node Limit', category: 'general', type: 'int', default: '5', required: true, minimum: 0 },
  { name: 'system-managed-pods-image-pull-policy', displayName: 'System Managed Pod Image Pull Policy', category: 'general', type: 'string', default: 'if-not-present', required: true, choices: ['if-not-present', 'never', 'always'] },
  { name: 'allow-volume-creation-with-degraded-availability', displayName: 'Allow Volume Creation with Degraded Availability', category: 'scheduling', type: 'bool', default: 'true', required: true },
  { name: 'auto-cleanup-system-generated-snapshot', displayName: 'Automatically Cleanup System Generated Snapshot', category: 'snapshot', type: 'bool', default: 'true', required: true },
  { name: 'auto-cleanup-recurring-job-backup-snapshot', displayName: 'Automatically Cleanup Recurring Job Backup Snapshot', category: 'snapshot', type: 'bool', default: 'true', required: true },
  { name: 'concurrent-automatic-engine-upgrade-per-node-limit', displayName: 'Concurrent Automatic Engine Upgrade Per Node Limit', category: 'general', type: 'int', default: '0', required: true, minimum: 0 },
  { name: 'backing-image-cleanup-wait-interval', displayName: 'Backing Image Cleanup Wait Interval', category: 'general', type: 'int', default: '60', required: true, minimum: 0 },
  { name: 'backing-image-recovery-wait-interval', displayName: 'Backing Image Recovery Wait Interval', category: 'general', type: 'int', default: '300', required: true, minimum: 0 },
  { name: 'guaranteed-instance-manager-cpu', displayName: 'Guaranteed Instance Manager CPU', category: 'danger Zone', type: 'float', default: '{"v1":"12","v2":"12"}', required: true, perDataEngine: true, minimum: 0, maximum: 40 },
  { name: 'kubernetes-cluster-autoscaler-enabled', displayName: 'Kubernetes Cluster Autoscaler Enabled (Experimental)', category: 'general', type: 'bool', default: 'false', required: true },
  { name: 'orphan-resource-auto-deletion', displayName: 'Orphan Resource Auto-Deletion', category: 'orphan', type: 'string', default: '' },
  { name: 'orphan-resource-auto-deletion-grace-period', displayName: 'Orphan Resource Auto-Deletion Grace Period', category: 'orphan', type: 'int', default: '300', required: true, minimum: 0 },
  { name: 'storage-network', displayName: 'Storage Network', category: 'danger Zone', type: 'string', default: '' },
  { name: 'storage-network-for-rwx-volume-enabled', displayName: 'Storage Network for RWX Volume Enabled', category: 'danger Zone', type: 'bool', default: 'false' },
  { name: 'failed-backup-ttl', displayName: 'Failed Backup Time to Live', category: 'backup', type: 'int', default: '1440', required: true, minimum: 0 },
  { name: 'recurring-successful-jobs-history-limit', displayName: 'Cronjob Successful Jobs History Limit', category: 'backup', type: 'int', default: '1', minimum: 0 },
  { name: 'recurring-failed-jobs-history-limit', displayName: 'Cronjob Failed Jobs History Limit', category: 'backup', type: 'int', default: '1', minimum: 0 },
  { name: 'recurring-job-max-retention', displayName: 'Maximum Retention Number for Recurring Job', category: 'backup', type: 'int', default: '100', required: true, minimum: 1, maximum: 250 },
  { name: 'support-bundle-failed-history-limit', displayName: 'SupportBundle Failed History Limit', category: 'general', type: 'int', default: '1', minimum: 0 },
  { name: 'support-bundle-node-collection-timeout', displayName: 'Timeout for Support Bundle Node Collection', category: 'general', type: 'int', default: '30', required: true, minimum: 0 },
  { name: 'deleting-confirmation-flag', displayName: 'Deleting Confirmation Flag', category: 'general', type: 'bool', default: 'false', required: true },
  { name: 'engine-replica-timeout', displayName: 'Engine Replica Timeout', category: 'general', type: 'int', default: '{"v1":"8","v2":"8"}', required: true, perDataEngine: true, minimum: 8, maximum: 30 },
  { name: 'snapshot-data-integrity', displayName: 'Snapshot Data Integrity', category: 'snapshot', type: 'string', default: '{"v1":"fast-check","v2":"fast-check"}', required: true, perDataEngine: true, choices: ['disabled', 'enabled', 'fast-check'] },
  { name: 'snapshot-data-integrity-immediate-check-after-snapshot-creation', displayName: 'Immediate Snapshot Data Integrity Check After Creating a Snapshot', category: 'snapshot', type: 'bool', default: '{"v1":"false","v2":"false"}', required: true, perDataEngine: true },
  { name: 'snapshot-data-integrity-cronjob', displayName: 'Snapshot Data Integrity Check CronJob', category: 'snapshot', type: 'string', default: '{"v1":"0 0 */7 * *","v2":"0 0 */7 * *"}', required: true, perDataEngine: true },
  { name: 'snapshot-max-count', displayName: 'Snapshot Maximum Count', category: 'snapshot', type: 'int', default: '250', required: true },
  { name: 'restore-volume-recurring-jobs', displayName: 'Restore Volume Recurring Jobs', category: 'backup', type: 'bool', default: 'false', required: true },
  { name: 'remove-snapshots-during-filesystem-trim', displayName: 'Remove Snapshots During Filesystem Trim', category: 'general', type: 'bool', default: 'false', required: true },
  { name: 'fast-replica-rebuild-enabled', displayName: 'Fast Replica Rebuild Enabled', category: 'general', type: 'bool', default: '{"v1":"true","v2":"true"}', required: true, perDataEngine: true },
  { name: 'replica-file-sync-http-client-timeout', displayName: 'Timeout of HTTP Client to Replica File Sync Server', category: 'general', type: 'int', default: '30', required: true, minimum: 5, maximum: 120 },
  { name: 'long-grpc-timeout', displayName: 'Long gRPC Timeout', category: 'general', type: 'int', default: '86400', required: true, minimum: 1, maximum: 604800 },
  { name: 'backup-compression-method', displayName: 'Backup Compression Method', category: 'backup', type: 'string', default: 'lz4', required: true, choices: ['none', 'lz4', 'gzip'] },
  { name: 'backup-concurrent-limit', displayName: 'Backup Concurrent Limit Per Backup', category: 'backup', type: 'int', default: '2', required: true, minimum: 1 },
  { name: 'restore-concurrent-limit', displayName: 'Restore Concurrent Limit Per Backup', category: 'backup', type: 'int', default: '2', required: true, minimum: 1 },
  { name: 'log-level', displayName: 'Log Level', category: 'general', type: 'string', default: 'Info', required: true, choices: ['Panic', 'Fatal', 'Error', 'Warn', 'Info', 'Debug', 'Trace'] },
  { name: 'v1-data-engine', displayName: 'V1 Data Engine', category: 'danger Zone', type: 'bool', default: 'true', required: true },
  { name: 'v2-data-engine', displayName: 'V2 Data Engine', category: 'danger Zone', type: 'bool', default: 'false', required: true },
  { name: 'data-engine-hugepage-enabled', displayName: 'Data Engine Hugepage Enabled', category: 'danger Zone', type: 'bool', default: '{"v2":"true"}', required: true, perDataEngine: true },
  { name: 'data-engine-memory-size', displayName: 'Data Engine Memory Size', category: 'danger Zone', type: 'int', default: '{"v2":"2048"}', required: true, perDataEngine: true, minimum: 0 },
  { name: 'data-engine-cpu-mask', displayName: 'Data Engine CPU Mask', category: 'danger Zone', type: 'string', default: '{"v2":"0x1"}', required: true, perDataEngine: true },
  { name: 'data-engine-log-level', displayName: 'Data Engine Log Level', category: 'general', type: 'string', default: '{"v2":"Notice"}', required: true, perDataEngine: true, choices: ['Error', 'Warning', 'Notice', 'Info', 'Debug'] },
  { name: 'data-engine-log-flags', displayName: 'Data Engine Log Flags', category: 'general', type: 'string', default: '{"v2":""}', perDataEngine: true },
  { name: 'data-engine-interrupt-mode-enabled', displayName: 'Enable Interrupt Mode for Data Engine', category: 'danger Zone', type: 'bool', default: '{"v2":"false"}', required: true, perDataEngine: true },
  { name: 'replica-disk-soft-anti-affinity', displayName: 'Replica Disk Level Soft Anti-Affinity', category: 'scheduling', type: 'bool', default: 'true', required: true },
  { name: 'allow-empty-node-selector-volume', displayName: 'Allow Scheduling Empty Node Selector Volumes To Any Node', category: 'scheduling', type: 'bool', default: 'true', required: true },
  { name: 'allow-empty-disk-selector-volume', displayName: 'Allow Scheduling Empty Disk Selector Volumes To Any Disk', category: 'scheduling', type: 'bool', default: 'true', required: true },
  { name: 'disable-snapshot-purge', displayName: 'Disable Snapshot Purge', category: 'danger Zone', type: 'bool', default: 'false', required: true },
  { name: 'freeze-filesystem-for-snapshot', displayName: 'Freeze Filesystem For Snapshot', category: 'snapshot', type: 'bool', default: '{"v1":"false"}', required: true, perDataEngine: true },
  { name: 'auto-cleanup-when-delete-backup', displayName: 'Automatically Cleanup Snapshot When Deleting Backup', category: 'snapshot', type: 'bool', default: 'false', required: true },
  { name: 'auto-cleanup-snapshot-after-on-demand-backup-completed', displayName: 'Automatically Cleanup Snapshot After On-Demand Backup Completed', category: 'snapshot', type: 'bool', default: 'false', required: true },
  { name: 'default-min-number-of-backing-image-copies', displayName: 'Default Minimum Number of BackingImage Copies', category: 'general', type: 'int', default: '3', required: true, minimum: 1 },
  { name: 'backup-execution-timeout', displayName: 'Backup Execution Timeout', category: 'backup', type: 'int', default: '1', required: true, minimum: 1 },
  { name: 'rwx-volume-fast-failover', displayName: 'RWX Volume Fast Failover', category: 'general', type: 'bool', default: 'false', required: true },
  { name: 'offline-replica-rebuilding', displayName: 'Offline Replica Rebuilding', category: 'general', type: 'bool', default: '{"v1":"false","v2":"false"}', required: true, perDataEngine: true },
  { name: 'replica-rebuilding-bandwidth-limit', displayName: 'Replica Rebuilding Bandwidth Limit', category: 'general', type: 'int', default: '{"v2":"0"}', perDataEngine: true },
  { name: 'default-backup-block-size', displayName: 'Default Backup Block Size', category: 'backup', type: 'int', default: '2', required: true, choices: ['2', '16'] },
  { name: 'instance-manager-pod-liveness-probe-timeout', displayName: 'Instance Manager Pod Liveness Probe Timeout', category: 'danger Zone', type: 'int', default: '10', required: true, minimum: 1, maximum: 60 },
  { name: 'log-path', displayName: 'Log Path', category: 'danger Zone', type: 'string', default: '/var/lib/longhorn/logs/', required: true },
];

const byName = new Map(definitions.map((definition) => [definition.name, definition]));

export function settingDefinition(name: string): SettingDefinition | undefined {
  return byName.get(name);
}

export function settingDefinitions(): readonly SettingDefinition[] {
  return definitions;
}
