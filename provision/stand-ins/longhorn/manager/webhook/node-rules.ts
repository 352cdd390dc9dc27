import { conditionOf } from '../conditions.ts';
import type { DiskSpec, LonghornNode } from '../objects.ts';
import { Refusal } from './refusal.ts';

/** Throws a Refusal for a node that Longhorn does not admit (webhook/resources/node/validator.go). */
export function admitNewNode(node: LonghornNode): void {
  checkRequest(node);
  for (const [name, disk] of Object.entries(node.spec.disks ?? {})) {
    if (disk.diskType === 'block')
      throw new Refusal(`disk ${name} type ${disk.diskType} is not supported since v2 data engine is disabled`);
    checkDriver(name, disk);
  }
}

export function admitNodeChange(before: LonghornNode, after: LonghornNode): void {
  if (after.metadata.deletionTimestamp !== undefined) return;
  checkRequest(after);
  const { name } = before.metadata;
  if (after.spec.evictionRequested && after.spec.allowScheduling) {
    throw new Refusal(`need to disable scheduling on node ${name} for node eviction, or cancel eviction to enable scheduling on this node`);
  }
  if (!disksAreSynced(before))
    throw new Refusal(`spec and status of disks on node ${name} are being syncing and please retry later.`, '', 403);
  if (after.spec.name === '') throw new Refusal("node name is invalid. You can't have a Spec.Name empty");
  for (const [disk, spec] of Object.entries(after.spec.disks ?? {})) checkDisk(name, disk, spec);
  for (const [disk, spec] of Object.entries(before.spec.disks ?? {})) checkDiskChange({ before, after, disk, spec });
}

export function admitNodeDeletion(node: LonghornNode, replicas: number, engines: number): void {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const gone = ready?.status !== 'True' && (ready?.reason === 'KubernetesNodeGone' || ready?.reason === 'ManagerPodMissing');
  if (gone && !node.spec.allowScheduling && replicas === 0 && engines === 0) return;
  throw new Refusal(
    `could not delete node ${node.metadata.name} with node ready condition is ${ready?.status ?? 'Unknown'}, reason is ${ready?.reason ?? ''}, node schedulable ${node.spec.allowScheduling}, and ${replicas} replica, ${engines} engine running on it`,
  );
}

function checkRequest(node: LonghornNode): void {
  if ((node.spec.instanceManagerCPURequest ?? 0) < 0) throw new Refusal('instanceManagerCPURequest should be greater than or equal to 0');
}

function checkDisk(node: string, name: string, disk: DiskSpec): void {
  if (disk.evictionRequested && disk.allowScheduling) {
    throw new Refusal(`need to disable scheduling on disk ${name} for disk eviction, or cancel eviction to enable scheduling on this disk`);
  }
  if ((disk.storageReserved ?? 0) < 0) {
    throw new Refusal(
      `update disk on node ${node} error: The storageReserved setting of disk ${name}(${disk.path}) is not valid, should be positive and no more than storageMaximum and storageAvailable`,
    );
  }
  if (disk.diskType === 'block')
    throw new Refusal(
      `update disk on node ${node} error: The disk ${name}(${disk.path}) is a block device, but the SPDK feature is not enabled`,
    );
  checkDriver(name, disk);
}

function checkDriver(name: string, disk: DiskSpec): void {
  if ((disk.diskDriver ?? '') !== '') throw new Refusal(`disk ${name} type ${disk.diskType} is not supported to specify disk driver`);
}

function checkDiskChange(change: { before: LonghornNode; after: LonghornNode; disk: string; spec: DiskSpec }): void {
  const { before, after, disk, spec } = change;
  const next = after.spec.disks?.[disk];
  if (next === undefined) {
    if (!spec.allowScheduling && (before.status.diskStatus[disk]?.storageScheduled ?? 0) === 0) return;
    throw new Refusal(
      `Delete Disk on node ${disk} error: Please disable the disk ${spec.path} and remove all replicas and backing images first `,
    );
  }
  if (spec.diskType !== '' && spec.diskType !== next.diskType) {
    throw new Refusal(`update disk on node ${after.metadata.name} error: The disk ${disk}(${spec.path}) type is not allow to change`);
  }
}

function disksAreSynced(node: LonghornNode): boolean {
  const specs = Object.keys(node.spec.disks ?? {});
  const statuses = Object.keys(node.status?.diskStatus ?? {});
  return specs.length === statuses.length && specs.every((name) => statuses.includes(name));
}
