import { withCondition } from '../conditions.ts';
import type { Engine, Replica } from '../objects.ts';
import type { Surroundings, VolumeView } from '../view.ts';
import { stepAttachment } from './attach.ts';
import { followEngine } from './health.ts';
import { newAttachment, newEngine, newReplica, newVolumeStatus } from './new-objects.ts';
import { recoverFaulted } from './salvage.ts';
import { scheduleReplicas } from './scheduling.ts';
import { shareVolume } from './share.ts';
import { followTickets, reportTickets } from './tickets.ts';

/**
 * One step of a volume towards what is asked for: a pure function of what is observed. Objects that the answer has and
 * the observation has not are to be created; replicas that it lacks are to be deleted.
 */
export function reconcileVolume(observed: VolumeView, around: Surroundings, ownerID: string): VolumeView {
  const view = structuredClone(observed);
  const { volume } = view;
  volume.status = { ...newVolumeStatus(), ...volume.status };
  volume.status.ownerID ||= ownerID;
  volume.status.currentImage ||= volume.spec.image;
  view.attachment ??= newAttachment(volume);
  followEngine(view, around);
  const isNew = view.engine === undefined || view.replicas.length === 0;
  const engine = createMissing(view, around);
  scheduleReplicas(view, around);
  setOtherConditions(view, around);
  followSize(view, engine);
  removeUseless(view, around);
  recoverFaulted(view, engine, around);
  followTickets(view, around);
  if (isNew && volume.status.state === '') volume.status.state = 'creating';
  else stepAttachment(view, engine, around);
  shareVolume(view, around);
  reportTickets(view, around);
  return view;
}

function createMissing(view: VolumeView, around: Surroundings): Engine {
  const { volume } = view;
  const engine = view.engine ?? newEngine(volume);
  view.engine = engine;
  if (view.replicas.length === 0) {
    const count = volume.spec.numberOfReplicas;
    view.replicas = Array.from({ length: count }, () => newReplica(volume, engine.metadata.name, around.suffix()));
  }
  return engine;
}

/** Conditions that every volume shows; this stand-in has neither snapshots, backups nor backing images. */
function setOtherConditions(view: VolumeView, around: Surroundings): void {
  const { status } = view.volume;
  for (const type of ['Restore', 'TooManySnapshots', 'WaitForBackingImage']) {
    status.conditions = withCondition(status.conditions, { type, status: 'False' }, around.now);
  }
}

function followSize(view: VolumeView, engine: Engine): void {
  const { volume } = view;
  for (const instance of [engine, ...view.replicas]) instance.spec.volumeSize = volume.spec.size;
  if (volume.status.state === 'detached' && engine.status.currentState === 'stopped') engine.status.currentSize = volume.spec.size;
  volume.status.expansionRequired = engine.status.currentSize !== volume.spec.size;
}

/** Drops replicas that can never help again, and those beyond the number asked for. */
function removeUseless(view: VolumeView, around: Surroundings): void {
  const useless = view.replicas.filter((replica) => isUseless(replica, view, around));
  const kept = view.replicas.filter((replica) => !useless.includes(replica));
  const surplus = surplusReplica(kept, view);
  view.replicas = kept.filter((replica) => replica !== surplus);
}

function isUseless(replica: Replica, view: VolumeView, around: Surroundings): boolean {
  const { volume } = view;
  const { failedAt, healthyAt, nodeID, rebuildRetryCount } = replica.spec;
  const healthy = view.replicas.filter((other) => other.spec.failedAt === '' && other.spec.healthyAt !== '').length;
  if (failedAt === '') return nodeID === '' && healthyAt === '' && healthy >= volume.spec.numberOfReplicas;
  if (healthy === 0) return false;
  if (rebuildRetryCount >= 5) return true;
  const staleMs = (volume.spec.staleReplicaTimeout ?? 0) * 60_000 * around.timeScale;
  return staleMs > 0 && around.now.getTime() - Date.parse(failedAt) > staleMs;
}

/** After `numberOfReplicas` was lowered: one healthy replica too many, of the node that has most of them. */
function surplusReplica(replicas: readonly Replica[], view: VolumeView): Replica | undefined {
  const { volume } = view;
  if (volume.status.state !== 'attached' || volume.status.robustness !== 'healthy') return undefined;
  const healthy = replicas.filter((replica) => replica.spec.failedAt === '' && replica.spec.healthyAt !== '');
  if (healthy.length <= volume.spec.numberOfReplicas) return undefined;
  const onNode = (node: string): number => healthy.filter((replica) => replica.spec.nodeID === node).length;
  return healthy.toSorted(
    (one, other) => onNode(other.spec.nodeID) - onNode(one.spec.nodeID) || (one.metadata.name < other.metadata.name ? -1 : 1),
  )[0];
}
