import { timestamp, withCondition } from '../conditions.ts';
import type { Engine, Replica } from '../objects.ts';
import { placeReplica, reusableReplica, waitBeforeNewReplica } from '../scheduler.ts';
import { isNodeDown, type Surroundings, type VolumeView } from '../view.ts';
import { newReplica, setFailed } from './new-objects.ts';

/** Takes over what the engine says of its replicas: who failed, who is healthy, how robust the volume is; and starts rebuilds. */
export function followEngine(view: VolumeView, around: Surroundings): void {
  const { engine, volume } = view;
  if (engine === undefined) return;
  if (engine.status.currentState === 'unknown') {
    if (volume.status.robustness !== 'unknown')
      view.events.push({ type: 'Warning', reason: 'Unknown', message: `volume ${volume.metadata.name} robustness is unknown` });
    volume.status.robustness = 'unknown';
  } else if (engine.status.currentState === 'running') {
    followRunningEngine(view, engine, around);
  } else {
    failErrored(view.replicas, around);
  }
  if (volume.status.robustness !== 'degraded') volume.status.lastDegradedAt = '';
}

/** True if no replica is left that could serve the volume although some did. */
export function needsSalvage(replicas: readonly Replica[]): boolean {
  if (replicas.length === 0) return false;
  const used = replicas.some((replica) => replica.spec.healthyAt !== '');
  if (!used) return replicas.every((replica) => replica.spec.failedAt !== '');
  const healthy = replicas.some((replica) => replica.spec.failedAt === '' && replica.spec.healthyAt !== '');
  return !healthy && replicas.some((replica) => replica.spec.failedAt !== '');
}

function failErrored(replicas: readonly Replica[], around: Surroundings): void {
  for (const replica of replicas) {
    if (replica.spec.failedAt !== '' || replica.status.currentState !== 'error') continue;
    setFailed(replica, around.now);
    replica.spec.desireState = 'stopped';
  }
}

function followRunningEngine(view: VolumeView, engine: Engine, around: Surroundings): void {
  const { volume } = view;
  const modes = engine.status.replicaModeMap ?? {};
  for (const replica of view.replicas) followMode(replica, modes[replica.metadata.name], engine, around);
  failErrored(view.replicas, around);
  const healthy = view.replicas.filter((replica) => replica.spec.failedAt === '' && modes[replica.metadata.name] === 'RW').length;
  if (healthy === 0) return;
  const before = volume.status.robustness;
  if (healthy >= volume.spec.numberOfReplicas) {
    volume.status.robustness = 'healthy';
    if (before === 'degraded')
      view.events.push({ type: 'Normal', reason: 'Healthy', message: `volume ${volume.metadata.name} became healthy` });
    return;
  }
  volume.status.robustness = 'degraded';
  if (before !== 'degraded') {
    volume.status.lastDegradedAt = timestamp(around.now);
    view.events.push({ type: 'Normal', reason: 'Degraded', message: `volume ${volume.metadata.name} became degraded` });
  }
  if (volume.spec.size === engine.status.currentSize) replenish(view, engine, around);
}

function followMode(replica: Replica, mode: string | undefined, engine: Engine, around: Surroundings): void {
  const { spec } = replica;
  if (mode === 'ERR' || isLost(replica, engine, around)) {
    if (spec.failedAt === '') setFailed(replica, around.now);
    spec.desireState = 'stopped';
    return;
  }
  if (mode !== 'RW' || spec.failedAt !== '') return;
  const now = timestamp(around.now);
  if (spec.healthyAt === '') {
    spec.healthyAt = now;
    spec.rebuildRetryCount = 0;
  }
  const since = engine.status.replicaTransitionTimeMap?.[replica.metadata.name] ?? '';
  if (spec.lastHealthyAt === '' || since > spec.lastHealthyAt) spec.lastHealthyAt = now;
}

/** A replica whose node Kubernetes has lost cannot be healthy, even if no write has yet told the engine so. */
function isLost(replica: Replica, engine: Engine, around: Surroundings): boolean {
  const { nodeID, desireState } = replica.spec;
  return nodeID !== '' && nodeID !== engine.spec.nodeID && desireState === 'running' && isNodeDown(around, nodeID);
}

/** One rebuild at a time: onto a failed replica's data if that is back, else, after the waiting time, a new replica. */
function replenish(view: VolumeView, engine: Engine, around: Surroundings): void {
  const { volume, replicas } = view;
  if (volume.status.state !== 'attached' || around.faults.has('no-rebuild')) return;
  if (around.settings.number('concurrent-replica-rebuild-per-node-limit') === 0) return;
  const usable = replicas.filter((replica) => replica.spec.failedAt === '');
  const settled = usable
    .filter((replica) => replica.spec.nodeID !== '')
    .every((replica) => engine.status.replicaModeMap?.[replica.metadata.name] === 'RW');
  if (!settled || usable.length >= volume.spec.numberOfReplicas) return;
  const reused = reusableReplica(volume, replicas, around);
  if (reused !== undefined) {
    if (isCoolingDown(reused, around)) return;
    setFailed(reused, undefined);
    if (reused.spec.healthyAt === '') reused.spec.rebuildRetryCount += 1;
    reused.spec.healthyAt = '';
    return;
  }
  if (waitBeforeNewReplica(volume, replicas, around) > 0) return;
  addReplica(view, engine, around);
}

/** Pause after a rebuild onto this replica has failed, doubled each time (the real one: 10 s to 5 min). */
function isCoolingDown(replica: Replica, around: Surroundings): boolean {
  if (replica.spec.rebuildRetryCount === 0) return false;
  const pauseMs = Math.min(300_000, 10_000 * 2 ** (replica.spec.rebuildRetryCount - 1)) * around.timeScale;
  return around.now.getTime() - Date.parse(replica.spec.lastFailedAt) < pauseMs;
}

function addReplica(view: VolumeView, engine: Engine, around: Surroundings): void {
  const { volume } = view;
  const placement = placeReplica(volume, view.replicas, around);
  if ('reasons' in placement) {
    const message = `precheck new replica failed: ${placement.reasons.join(';')}`;
    volume.status.conditions = withCondition(
      volume.status.conditions,
      { type: 'Scheduled', status: 'False', reason: 'ReplicaSchedulingFailure', message },
      around.now,
    );
    return;
  }
  view.replicas.push(newReplica(volume, engine.metadata.name, around.suffix()));
}
