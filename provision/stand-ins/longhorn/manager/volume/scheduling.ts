import { conditionOf, withCondition } from '../conditions.ts';
import { placeReplica, schedulingFailed } from '../scheduler.ts';
import type { Surroundings, VolumeView } from '../view.ts';

/** Places the replicas that have no disk yet, and says in condition Scheduled whether all are placed. */
export function scheduleReplicas(view: VolumeView, around: Surroundings): void {
  const { volume } = view;
  const reasons = placeUnplaced(view, around);
  const usable = view.replicas.filter((replica) => replica.spec.failedAt === '').length;
  const complete =
    reasons.size === 0 && view.replicas.every((replica) => replica.spec.nodeID !== '') && usable >= volume.spec.numberOfReplicas;
  const set = (status: 'True' | 'False', reason: string, message: string): void => {
    volume.status.conditions = withCondition(volume.status.conditions, { type: 'Scheduled', status, reason, message }, around.now);
  };
  if (complete) {
    set('True', '', '');
    return;
  }
  if (volume.status.currentNodeID === '' && mayBeDegraded(view, around)) {
    set('True', '', 'Reset schedulable due to allow volume creation with degraded availability');
    return;
  }
  if (reasons.size > 0) set('False', 'ReplicaSchedulingFailure', [...reasons].join(';'));
  else keepFailureExplained(view, around);
}

/** Gives each unplaced replica a disk and a folder; answers why that failed for some. */
function placeUnplaced(view: VolumeView, around: Surroundings): Set<string> {
  const reasons = new Set<string>();
  const { volume } = view;
  for (const replica of view.replicas) {
    if (replica.spec.nodeID !== '' || replica.metadata.deletionTimestamp !== undefined) continue;
    const others = view.replicas.filter((other) => other !== replica);
    const promised = [...around.allReplicas.filter((other) => other.spec.volumeName !== volume.metadata.name), ...others];
    const placement = placeReplica(volume, others, { ...around, allReplicas: promised });
    if ('reasons' in placement) {
      for (const reason of placement.reasons.length === 0 ? [schedulingFailed] : placement.reasons) reasons.add(reason);
      continue;
    }
    Object.assign(replica.spec, placement, { dataDirectoryName: `${volume.metadata.name}-${around.suffix()}` });
  }
  return reasons;
}

function mayBeDegraded(view: VolumeView, around: Surroundings): boolean {
  if (!around.settings.flag('allow-volume-creation-with-degraded-availability')) return false;
  return view.replicas.some((replica) => replica.spec.nodeID !== '' && replica.spec.failedAt === '');
}

/** A volume that lacks a replica, which nobody tries to place now, keeps what was said last. */
function keepFailureExplained(view: VolumeView, around: Surroundings): void {
  const { volume } = view;
  const known = conditionOf(volume.status.conditions, 'Scheduled');
  if (known !== undefined) return;
  volume.status.conditions = withCondition(
    volume.status.conditions,
    { type: 'Scheduled', status: 'False', reason: 'ReplicaSchedulingFailure', message: schedulingFailed },
    around.now,
  );
}
