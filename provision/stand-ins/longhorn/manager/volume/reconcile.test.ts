import { describe, expect, test } from 'vitest';
import type { Engine, Replica, VolumeAttachment } from '../objects.ts';
import { aReplica, aroundWorkers, aVolume, aView, gib } from '../specimens.ts';
import type { Surroundings, VolumeView } from '../view.ts';
import { newAttachment, newEngine } from './new-objects.ts';
import { reconcileVolume } from './reconcile.ts';

const workers = ['w01', 'w02', 'w03'];

function ticketFor(node: string): VolumeAttachment {
  const attachment = newAttachment(aVolume());
  attachment.spec.attachmentTickets = { csi: { id: 'csi', type: 'csi-attacher', nodeID: node, parameters: {}, generation: 0 } };
  return attachment;
}

/** What the nodes' managers would do: instances follow their objects at once. */
function carryOut(view: VolumeView): VolumeView {
  const next = structuredClone(view);
  for (const replica of next.replicas) {
    const runs = replica.spec.desireState === 'running';
    Object.assign(replica.status, {
      currentState: runs ? 'running' : 'stopped',
      storageIP: runs ? '10.0.0.1' : '',
      port: runs ? 10000 : 0,
    });
  }
  if (next.engine !== undefined) carryOutEngine(next.engine);
  return next;
}

function carryOutEngine(engine: Engine): void {
  const runs = engine.spec.desireState === 'running';
  const modes = Object.fromEntries(Object.keys(engine.spec.replicaAddressMap).map((name) => [name, 'RW' as const]));
  Object.assign(engine.status, {
    currentState: runs ? 'running' : 'stopped',
    endpoint: runs ? '/dev/longhorn/vol' : '',
    replicaModeMap: runs ? modes : {},
  });
  if (runs) engine.status.currentSize = engine.spec.volumeSize;
}

/** Repeats reconciliation and its carrying out until nothing changes. */
function settle(view: VolumeView, around: Surroundings): VolumeView {
  let current = view;
  for (let round = 0; round < 20; round += 1) current = carryOut({ ...reconcileVolume(current, around, 'w01'), events: [] });
  return current;
}

/** A volume attached to w01 with three healthy replicas. */
function attached(around: Surroundings = aroundWorkers()): VolumeView {
  return settle(aView(aVolume(), { attachment: ticketFor('w01') }), around);
}

const modeOf = (view: VolumeView, mode: 'RW' | 'WO' | 'ERR', node: string): VolumeView => {
  const next = structuredClone(view);
  const replica = next.replicas.find((candidate) => candidate.spec.nodeID === node);
  if (next.engine !== undefined && replica !== undefined) next.engine.status.replicaModeMap[replica.metadata.name] = mode;
  return next;
};

const onNode = (view: VolumeView, node: string): Replica | undefined => view.replicas.find((replica) => replica.spec.nodeID === node);

describe('a new volume', () => {
  test('gets engine, attachment and three placed replicas, and ends detached', () => {
    const view = settle(aView(aVolume()), aroundWorkers());
    expect(view.volume.status).toMatchObject({ state: 'detached', robustness: 'unknown', currentNodeID: '' });
    expect(view.replicas.map((replica) => replica.spec.nodeID).toSorted()).toEqual(workers);
    expect(view.engine?.metadata.name).toBe('vol-e-0');
    expect(view.volume.status.conditions.find((condition) => condition.type === 'Scheduled')?.status).toBe('True');
  });

  test('that fits nowhere is made all the same, with condition Scheduled False', () => {
    const view = settle(aView(aVolume({ size: String(100 * gib) })), aroundWorkers());
    expect(view.volume.status.state).toBe('detached');
    expect(view.volume.status.conditions.find((condition) => condition.type === 'Scheduled')).toMatchObject({
      status: 'False',
      reason: 'ReplicaSchedulingFailure',
      message: 'insufficient storage',
    });
  });

  test('with room for one replica only may be used degraded', () => {
    const around = aroundWorkers({ lost: ['w02', 'w03'] });
    const view = attached(around);
    expect(view.volume.status).toMatchObject({ state: 'attached', robustness: 'degraded' });
    expect(view.volume.status.conditions.find((condition) => condition.type === 'Scheduled')?.status).toBe('False');
  });
});

describe('attachment', () => {
  test('follows a ticket: attached, healthy, ticket satisfied', () => {
    const view = attached();
    expect(view.volume.status).toMatchObject({ state: 'attached', robustness: 'healthy', currentNodeID: 'w01' });
    expect(view.engine?.spec).toMatchObject({ nodeID: 'w01', desireState: 'running' });
    expect(view.attachment?.status.attachmentTicketStatuses['csi']?.satisfied).toBe(true);
    expect(view.replicas.every((replica) => replica.spec.healthyAt !== '')).toBe(true);
  });

  test('for the first time does not wait for a worker that was lost meanwhile', () => {
    const made = settle(aView(aVolume()), aroundWorkers());
    const view = settle({ ...made, attachment: ticketFor('w01') }, aroundWorkers({ lost: ['w03'] }));
    expect(view.volume.status).toMatchObject({ state: 'attached', robustness: 'degraded' });
    expect(settle(view, aroundWorkers()).volume.status.robustness).toBe('healthy');
  });

  test('ends when the ticket is withdrawn', () => {
    const view = attached();
    const detached = settle({ ...view, attachment: newAttachment(view.volume) }, aroundWorkers());
    expect(detached.volume.status).toMatchObject({ state: 'detached', currentNodeID: '', robustness: 'unknown' });
    expect(detached.engine?.spec).toMatchObject({ nodeID: '', desireState: 'stopped' });
  });

  test('moves to another node by way of detached', () => {
    const view = settle({ ...attached(), attachment: ticketFor('w02') }, aroundWorkers());
    expect(view.volume.status).toMatchObject({ state: 'attached', currentNodeID: 'w02' });
  });

  test('leaves a second node waiting', () => {
    const view = attached();
    const second = structuredClone(view.attachment as VolumeAttachment);
    second.spec.attachmentTickets['csi-2'] = { id: 'csi-2', type: 'csi-attacher', nodeID: 'w02', parameters: {}, generation: 0 };
    const after = settle({ ...view, attachment: second }, aroundWorkers());
    expect(after.volume.status.currentNodeID).toBe('w01');
    expect(after.attachment?.status.attachmentTicketStatuses['csi-2']).toMatchObject({ satisfied: false });
  });

  test('of a shared volume waits for the share manager', () => {
    const view = settle(aView(aVolume({ accessMode: 'rwx' }), { attachment: ticketFor('w01') }), aroundWorkers());
    expect(view.volume.status.state).toBe('detached');
    expect(view.shareManager?.metadata.name).toBe('vol');
  });
});

describe('a failed replica', () => {
  test('degrades the volume', () => {
    const view = reconcileVolume(modeOf(attached(), 'ERR', 'w03'), aroundWorkers({ lost: ['w03'] }), 'w01');
    expect(view.volume.status).toMatchObject({ robustness: 'degraded', lastDegradedAt: '2026-01-01T00:00:00Z' });
    expect(onNode(view, 'w03')?.spec).toMatchObject({ failedAt: '2026-01-01T00:00:00Z', desireState: 'stopped' });
    expect(view.events.map((event) => event.reason)).toContain('Degraded');
  });

  test('counts as failed when Kubernetes has lost its node, even without a word from the engine', () => {
    const view = reconcileVolume(attached(), aroundWorkers({ lost: ['w03'] }), 'w01');
    expect(onNode(view, 'w03')?.spec.failedAt).not.toBe('');
  });

  test('is rebuilt onto its own data when the node is back', () => {
    const lost = settle(modeOf(attached(), 'ERR', 'w03'), aroundWorkers({ lost: ['w03'] }));
    const name = onNode(lost, 'w03')?.metadata.name;
    const back = settle(lost, aroundWorkers());
    expect(back.volume.status.robustness).toBe('healthy');
    expect(onNode(back, 'w03')).toMatchObject({ metadata: { name }, spec: { failedAt: '' } });
    expect(back.replicas).toHaveLength(3);
  });

  test('is not replaced on three workers, however long the node is away', () => {
    const lost = settle(modeOf(attached(), 'ERR', 'w03'), aroundWorkers({ lost: ['w03'] }));
    const later = settle(lost, aroundWorkers({ lost: ['w03'], now: new Date('2026-01-01T00:20:00Z') }));
    expect(later.volume.status.robustness).toBe('degraded');
    expect(later.replicas).toHaveLength(3);
    expect(later.volume.status.conditions.find((condition) => condition.type === 'Scheduled')).toMatchObject({
      status: 'False',
      reason: 'ReplicaSchedulingFailure',
    });
  });

  test('is left as it is by fault no-rebuild', () => {
    const lost = settle(modeOf(attached(), 'ERR', 'w03'), aroundWorkers({ lost: ['w03'] }));
    expect(settle(lost, aroundWorkers({ faults: new Set(['no-rebuild']) })).volume.status.robustness).toBe('degraded');
  });
});

describe('an engine that died', () => {
  test('takes the volume through faulted and detached back to healthy, with a remount request', () => {
    const view = attached();
    if (view.engine !== undefined) Object.assign(view.engine.status, { currentState: 'error', endpoint: '' });
    const first = reconcileVolume(view, aroundWorkers(), 'w01');
    expect(first.volume).toMatchObject({ spec: { nodeID: '' }, status: { robustness: 'faulted', state: 'detaching' } });
    const last = settle(carryOut(first), aroundWorkers());
    expect(last.volume.status).toMatchObject({ state: 'attached', robustness: 'healthy', remountRequestedAt: '2026-01-01T00:00:00Z' });
  });

  test('with all replicas is salvaged', () => {
    const view = attached();
    if (view.engine !== undefined) Object.assign(view.engine.status, { currentState: 'error', endpoint: '' });
    for (const replica of view.replicas) replica.status.currentState = 'error';
    const last = settle(reconcileVolume(view, aroundWorkers(), 'w01'), aroundWorkers());
    expect(last.volume.status).toMatchObject({ state: 'attached', robustness: 'healthy' });
  });

  test('with its node: robustness is unknown until the ticket moves', () => {
    const view = attached();
    if (view.engine !== undefined) view.engine.status.currentState = 'unknown';
    const lost = aroundWorkers({ lost: ['w01'] });
    expect(reconcileVolume(view, lost, 'w02').volume.status).toMatchObject({ state: 'attached', robustness: 'unknown' });
    const moved = settle({ ...view, attachment: ticketFor('w02') }, lost);
    expect(moved.volume.status).toMatchObject({ state: 'attached', currentNodeID: 'w02', robustness: 'degraded' });
  });
});

test('an expansion is required until the engine has grown', () => {
  const view = attached();
  view.volume.spec.size = String(6 * gib);
  const first = reconcileVolume(view, aroundWorkers(), 'w01');
  expect(first.volume.status.expansionRequired).toBe(true);
  expect(first.engine?.spec.volumeSize).toBe(String(6 * gib));
  expect(settle(first, aroundWorkers()).volume.status.expansionRequired).toBe(false);
});

test('a lower number of replicas removes one', () => {
  const view = attached();
  view.volume.spec.numberOfReplicas = 2;
  expect(settle(view, aroundWorkers()).replicas).toHaveLength(2);
});

test('a failed replica is dropped after staleReplicaTimeout when others are healthy', () => {
  const view = settle(modeOf(attached(), 'ERR', 'w03'), aroundWorkers({ lost: ['w03'] }));
  const later = settle(view, aroundWorkers({ lost: ['w03'], now: new Date('2026-01-01T00:31:00Z') }));
  expect(onNode(later, 'w03')).toBeUndefined();
});

test('the observed objects are not changed', () => {
  const observed = aView(aVolume(), { replicas: [aReplica('w01')], engine: newEngine(aVolume()) });
  const copy = structuredClone(observed);
  reconcileVolume(observed, aroundWorkers(), 'w01');
  expect(observed).toEqual(copy);
});
