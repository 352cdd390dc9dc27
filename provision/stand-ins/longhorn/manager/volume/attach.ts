import type { Engine, Replica } from '../objects.ts';
import { isNodeDown, runningInstanceManager, type Surroundings, type VolumeView } from '../view.ts';
import { setFailed } from './new-objects.ts';

/** One step of creating, attaching and detaching: compares where the volume shall be with where it is. */
export function stepAttachment(view: VolumeView, engine: Engine, around: Surroundings): void {
  const { spec, status } = view.volume;
  if (status.state === '') {
    status.state = 'creating';
    return;
  }
  const wanted = spec.nodeID !== '' && (status.currentNodeID === '' || status.currentNodeID === spec.nodeID);
  switch (status.state) {
    case 'creating':
      close(view, engine);
      status.state = 'detaching';
      return;
    case 'detached':
      stepDetached(view, engine, around);
      return;
    case 'attaching':
      if (!wanted) startDetaching(view, engine);
      else stepAttaching(view, engine, around);
      return;
    case 'attached':
      if (wanted && status.currentNodeID !== '') open(view, engine, around);
      else startDetaching(view, engine);
      return;
    case 'detaching':
      stepDetaching(view, engine);
      return;
    case 'deleting':
      return;
  }
}

/** Ends engine and replicas, in this order; repeated until they have ended. */
function close(view: VolumeView, engine: Engine): void {
  engine.spec.desireState = 'stopped';
  if (engine.status.currentState !== 'stopped') return;
  engine.spec.nodeID = '';
  engine.spec.replicaAddressMap = {};
  for (const replica of view.replicas) replica.spec.desireState = 'stopped';
}

function isClosed(view: VolumeView, engine: Engine): boolean {
  return (
    engine.status.currentState === 'stopped' &&
    view.replicas.every((replica) => replica.status.currentState === 'stopped' || replica.spec.nodeID === '')
  );
}

function stepDetached(view: VolumeView, engine: Engine, around: Surroundings): void {
  if (view.volume.spec.nodeID === '') {
    close(view, engine);
    return;
  }
  open(view, engine, around);
  view.volume.status.state = 'attaching';
}

function stepAttaching(view: VolumeView, engine: Engine, around: Surroundings): void {
  const { volume } = view;
  open(view, engine, around);
  if (engine.spec.desireState !== 'running' || engine.status.currentState !== 'running' || engine.status.endpoint === '') return;
  volume.status.currentNodeID = volume.spec.nodeID;
  volume.status.state = 'attached';
  view.events.push({
    type: 'Normal',
    reason: 'Attached',
    message: `volume ${volume.metadata.name} has been attached to ${volume.spec.nodeID}`,
  });
}

function startDetaching(view: VolumeView, engine: Engine): void {
  close(view, engine);
  view.volume.status.state = 'detaching';
}

function stepDetaching(view: VolumeView, engine: Engine): void {
  close(view, engine);
  if (!isClosed(view, engine)) return;
  const { volume } = view;
  volume.status.currentNodeID = '';
  volume.status.state = 'detached';
  if (volume.status.robustness !== 'faulted') volume.status.robustness = 'unknown';
  view.events.push({ type: 'Normal', reason: 'Detached', message: `volume ${volume.metadata.name} has been detached` });
}

/** Starts the replicas, then the engine with those that run, and tells a running engine of replicas that came later. */
function open(view: VolumeView, engine: Engine, around: Surroundings): void {
  for (const replica of view.replicas) openReplica(replica, view, around);
  const usable = view.replicas.filter((replica) => replica.spec.failedAt === '' && replica.spec.nodeID !== '');
  const running = usable.filter(
    (replica) => replica.status.currentState === 'running' && replica.status.storageIP !== '' && replica.status.port !== 0,
  );
  engine.spec.replicaAddressMap = Object.fromEntries(
    running.map((replica) => [replica.metadata.name, `${replica.status.storageIP}:${replica.status.port}`]),
  );
  if (engine.spec.desireState === 'running') return;
  if (engine.status.currentState !== 'stopped') return;
  const complete = completeReplicas(usable);
  if (complete.length === 0 || !complete.every((replica) => running.includes(replica))) return;
  engine.spec.nodeID = view.volume.spec.nodeID;
  engine.spec.desireState = 'running';
}

/** True if another complete replica is on a node that is there: then one on a lost node is not waited for. */
function canServeWithout(replica: Replica, view: VolumeView, around: Surroundings): boolean {
  const usable = view.replicas.filter((other) => other.spec.failedAt === '' && other.spec.nodeID !== '');
  return completeReplicas(usable).some((other) => other !== replica && !isNodeDown(around, other.spec.nodeID));
}

/** Replicas that an engine can start with: those that were healthy; at the first attachment all, since all are empty. */
export function completeReplicas(replicas: readonly Replica[]): Replica[] {
  const healthy = replicas.filter((replica) => replica.spec.healthyAt !== '');
  return healthy.length > 0 ? healthy : [...replicas];
}

function openReplica(replica: Replica, view: VolumeView, around: Surroundings): void {
  const { spec } = replica;
  if (spec.nodeID === '') return;
  if (spec.failedAt !== '') {
    spec.desireState = 'stopped';
    return;
  }
  if (isNodeDown(around, spec.nodeID)) {
    if (canServeWithout(replica, view, around)) setFailed(replica, around.now);
    spec.desireState = 'stopped';
    return;
  }
  if (spec.desireState === 'running' || runningInstanceManager(around, spec.nodeID) === undefined) return;
  if (replica.status.currentState === 'stopped') spec.desireState = 'running';
}
