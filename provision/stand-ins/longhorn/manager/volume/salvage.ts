import { isTrue, timestamp } from '../conditions.ts';
import type { Engine, Replica } from '../objects.ts';
import { isNodeDown, nodeNamed, type Surroundings, type VolumeView } from '../view.ts';
import { needsSalvage } from './health.ts';
import { setFailed } from './new-objects.ts';

/** Replicas that failed within this time of the last one hold the same data (AutoSalvageTimeLimit). */
const sameFailureMs = 60_000;

/** A volume whose engine or last replica died is faulted; it is detached, and comes back by the replicas that failed last. */
export function recoverFaulted(view: VolumeView, engine: Engine, around: Surroundings): void {
  const { volume } = view;
  if (needsSalvage(view.replicas)) {
    volume.status.robustness = 'faulted';
    if (volume.status.state === 'detached' && around.settings.flag('auto-salvage')) salvage(view, around);
    return;
  }
  if (volume.status.robustness === 'faulted' && volume.status.state === 'detached') {
    volume.status.robustness = 'unknown';
    requestRemount(view, around);
    return;
  }
  if (engine.status.currentState !== 'error') return;
  const affected = volume.status.currentNodeID !== '' || (volume.spec.nodeID !== '' && volume.status.state !== 'attached');
  if (!affected || volume.status.robustness === 'faulted') return;
  volume.status.robustness = 'faulted';
  view.events.push({
    type: 'Warning',
    reason: 'DetachedUnexpectedly',
    message: `Engine of volume ${volume.metadata.name} dead unexpectedly, setting v.Status.Robustness to faulted`,
  });
}

function salvage(view: VolumeView, around: Surroundings): void {
  const usable = view.replicas.filter((replica) => canBeSalvaged(replica, around));
  const last = Math.max(...usable.map((replica) => Date.parse(replica.spec.failedAt)));
  const chosen = usable.filter((replica) => last - Date.parse(replica.spec.failedAt) <= sameFailureMs);
  if (chosen.length === 0) return;
  for (const replica of chosen) {
    setFailed(replica, undefined);
    view.events.push({
      type: 'Warning',
      reason: 'AutoSalvaged',
      message: `Replica ${replica.metadata.name} of volume ${view.volume.metadata.name} will be automatically salvaged`,
    });
  }
  view.volume.status.robustness = 'unknown';
  requestRemount(view, around);
}

function canBeSalvaged(replica: Replica, around: Surroundings): boolean {
  const { healthyAt, nodeID, diskID } = replica.spec;
  if (healthyAt === '' || nodeID === '' || diskID === '' || isNodeDown(around, nodeID)) return false;
  const disks = Object.values(nodeNamed(around, nodeID)?.status.diskStatus ?? {});
  return disks.some((disk) => disk.diskUUID === diskID && isTrue(disk.conditions, 'Schedulable'));
}

function requestRemount(view: VolumeView, around: Surroundings): void {
  const { volume } = view;
  volume.status.remountRequestedAt = timestamp(around.now);
  view.events.push({
    type: 'Normal',
    reason: 'Remount',
    message: `Volume ${volume.metadata.name} requested remount at ${volume.status.remountRequestedAt}`,
  });
}
