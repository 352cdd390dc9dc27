import { describe, expect, test } from 'vitest';
import { expansionProblem, placeReplica, reusableReplica, roomProblem, waitBeforeNewReplica } from './scheduler.ts';
import { aNode, aReplica, aroundWorkers, aVolume, gib } from './specimens.ts';

const room = {
  storageAvailable: 100,
  storageMaximum: 100,
  storageReserved: 30,
  storageScheduled: 0,
  overProvisioningPercentage: 100,
  minimalAvailablePercentage: 25,
};

describe('room of a disk', () => {
  test.each([
    ['up to the reserve', { size: 70 }, /^none$/],
    ['beyond the reserve', { size: 71 }, /Scheduling space condition failed: ScheduledTotal = 71 .* ProvisionedLimit = 70 /],
    ['beyond what is promised already', { size: 21, storageScheduled: 50 }, /ScheduledTotal = 71/],
    ['over-provisioned', { size: 140, overProvisioningPercentage: 200 }, /^none$/],
    ['down to the minimal available', { size: 1, storageAvailable: 26 }, /^none$/],
    ['at the minimal available', { size: 1, storageAvailable: 25 }, /CurrentAvailable = 25 .* MinimalAvailable = 25 /],
    ['data in use counts at once', { size: 1, required: 80 }, /Actual space usage condition failed/],
    ['a disk without size', { size: 1, storageMaximum: 0 }, /Storage Max must be greater than 0/],
  ])('%s', (_what, { size, required = 0, ...change }: { size: number; required?: number }, expected) => {
    expect(roomProblem(size, required, { ...room, ...change }) ?? 'none').toMatch(expected);
  });
});

describe('placing a replica', () => {
  test('takes a node that has none of the volume', () => {
    const placed = placeReplica(aVolume(), [aReplica('w01'), aReplica('w02')], aroundWorkers());
    expect(placed).toEqual({ nodeID: 'w03', diskID: 'uuid-w03', diskPath: '/var/lib/longhorn' });
  });

  test('refuses a fourth on three nodes', () => {
    const placed = placeReplica(aVolume(), [aReplica('w01'), aReplica('w02'), aReplica('w03')], aroundWorkers());
    expect(placed).toEqual({ reasons: [] });
  });

  test('puts a fourth on a used node when anti-affinity is soft', () => {
    const around = aroundWorkers({ values: { 'replica-soft-anti-affinity': 'true' } });
    expect(placeReplica(aVolume(), [aReplica('w01'), aReplica('w02'), aReplica('w03')], around)).toHaveProperty('nodeID');
  });

  test('a volume may forbid what the setting allows', () => {
    const around = aroundWorkers({ values: { 'replica-soft-anti-affinity': 'true' } });
    const volume = aVolume({ replicaSoftAntiAffinity: 'disabled' });
    expect(placeReplica(volume, [aReplica('w01'), aReplica('w02'), aReplica('w03')], around)).toEqual({ reasons: [] });
  });

  test('takes the disk with the most room', () => {
    const nodes = [aNode('w01', { available: 80e9 }), aNode('w02', { available: 90e9 }), aNode('w03', { available: 85e9 })];
    expect(placeReplica(aVolume(), [], aroundWorkers({ nodes }))).toMatchObject({ nodeID: 'w02' });
  });

  test('says that storage is insufficient', () => {
    const size = String(70 * gib);
    expect(placeReplica(aVolume({ size }), [], aroundWorkers())).toEqual({ reasons: ['insufficient storage'] });
  });

  test('counts what other volumes were promised', () => {
    const allReplicas = ['w01', 'w02', 'w03'].map((node) => aReplica(node, { volumeName: 'other', volumeSize: String(63 * gib) }));
    expect(placeReplica(aVolume(), [], aroundWorkers({ allReplicas }))).toEqual({ reasons: ['insufficient storage'] });
  });

  test('says that no node is available', () => {
    expect(placeReplica(aVolume(), [], aroundWorkers({ lost: ['w01', 'w02', 'w03'] }))).toEqual({ reasons: ['nodes are unavailable'] });
  });

  test('follows node tags', () => {
    const nodes = [aNode('w01'), aNode('w02', { tags: ['fast'] }), aNode('w03')];
    expect(placeReplica(aVolume({ nodeSelector: ['fast'] }), [], aroundWorkers({ nodes }))).toMatchObject({ nodeID: 'w02' });
  });
});

describe('replacing a failed replica', () => {
  const degraded = aVolume({}, { robustness: 'degraded', lastDegradedAt: '2025-12-31T23:55:00Z' });
  const failed = aReplica('w03', { failedAt: '2025-12-31T23:55:00Z' });
  const replicas = [aReplica('w01'), aReplica('w02'), failed];

  test('waits for the lost node until replica-replenishment-wait-interval has passed', () => {
    expect(waitBeforeNewReplica(degraded, replicas, aroundWorkers({ lost: ['w03'] }))).toBe(300_000);
  });

  test('waits shorter by the time scale', () => {
    expect(waitBeforeNewReplica(degraded, replicas, aroundWorkers({ lost: ['w03'], timeScale: 0.1 }))).toBe(0);
  });

  test('reuses the data when the node is back', () => {
    expect(reusableReplica(degraded, replicas, aroundWorkers())?.metadata.name).toBe(failed.metadata.name);
  });

  test('does not reuse it while the node is lost', () => {
    expect(reusableReplica(degraded, replicas, aroundWorkers({ lost: ['w03'] }))).toBeUndefined();
  });

  test('gives it up after five failed rebuilds', () => {
    const spent = aReplica('w03', { failedAt: '2025-12-31T23:55:00Z', rebuildRetryCount: 5 });
    expect(reusableReplica(degraded, [spent], aroundWorkers())).toBeUndefined();
  });
});

test('an expansion beyond a disk is refused', () => {
  const allReplicas = [aReplica('w01')];
  expect(expansionProblem(70 * gib, allReplicas, aroundWorkers({ allReplicas }))).toMatch(
    /^cannot schedule \d+ more bytes to disk uuid-w01 /,
  );
  expect(expansionProblem(gib, allReplicas, aroundWorkers({ allReplicas }))).toBeUndefined();
});
