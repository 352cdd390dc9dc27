import type { V1Pod, V1ReplicaSet } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { illOf, isWell, podText, restarted, rolledOutAfterMs } from './rollout.ts';

const at = (seconds: number): Date => new Date(seconds * 1000);

describe('the time of a rollout', () => {
  const deployment = (reason: string) => ({
    metadata: { uid: 'd' },
    status: { conditions: [{ type: 'Progressing', status: 'True', reason, lastUpdateTime: at(150) }] },
  });
  const set = (uid: string, made: number): V1ReplicaSet => ({
    metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid }], creationTimestamp: at(made) },
  });

  it('is from its newest ReplicaSet', () => {
    expect(rolledOutAfterMs(deployment('NewReplicaSetAvailable'), [set('d', 10), set('d', 100), set('other', 140)])).toBe(50_000);
  });

  it('is unknown where it is not complete', () => {
    expect(rolledOutAfterMs(deployment('ProgressDeadlineExceeded'), [set('d', 100)])).toBeUndefined();
  });

  it('is unknown without a ReplicaSet', () => {
    expect(rolledOutAfterMs(deployment('NewReplicaSetAvailable'), [])).toBeUndefined();
  });
});

const pod = (name: string, phase: string, ready: boolean, more: object = {}): V1Pod => ({
  metadata: { namespace: 'n', name },
  status: {
    phase,
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [{ name: 'c', image: '', imageID: '', ready, restartCount: 0, ...more }],
  },
});

describe('a pod is well', () => {
  it.each([
    [true, 'when it runs and is ready', pod('p', 'Running', true)],
    [false, 'not when it runs and is not ready', pod('p', 'Running', false)],
    [false, 'not while it waits', pod('p', 'Pending', false)],
    [true, 'when it has ended well', pod('p', 'Succeeded', false)],
    [false, 'not when it has failed', pod('p', 'Failed', false)],
  ])('%s: %s', (expected, _, given) => {
    expect(isWell(given)).toBe(expected);
  });

  it('and is told where it is not', () => {
    expect(illOf([pod('good', 'Running', true), pod('bad', 'Running', false)])).toEqual(['n/bad Running 0/1']);
  });

  it('and is not looked at when it goes', () => {
    const going = pod('p', 'Running', false);
    going.metadata = { name: 'p', deletionTimestamp: at(1) };
    expect(illOf([going])).toEqual([]);
  });

  it('and one of a run is not looked at', () => {
    const own = pod('p', 'Pending', false);
    own.metadata = { name: 'p', labels: { 'conform-run': 'r' } };
    expect(illOf([own])).toEqual([]);
  });

  it('is told with the reason for which it waits', () => {
    expect(podText(pod('p', 'Pending', false, { state: { waiting: { reason: 'ImagePullBackOff' } } }))).toBe('n/p ImagePullBackOff 0/1');
  });
});

describe('a restart', () => {
  const after = (seconds: number) =>
    pod('p', 'Running', true, { restartCount: 1, lastState: { terminated: { exitCode: 1, finishedAt: at(seconds) } } });

  it.each([
    ['is told within the hour', 1000, 1],
    ['is not told after it', -3000, 0],
  ])('%s', (_, ended, count) => {
    expect(restarted([after(ended)], 1_800_000)).toHaveLength(count);
  });
});
