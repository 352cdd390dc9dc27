import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { podFault, restartsOf, risen } from './pod-faults.ts';

const now = new Date('2026-12-01T00:10:00Z');
const limits = { now, deletedMs: 300_000 };
const status = (ready: boolean, waiting?: string): NonNullable<V1Pod['status']>['containerStatuses'] => [
  {
    name: 'main',
    ready,
    restartCount: 1,
    image: '',
    imageID: '',
    ...(waiting === undefined ? {} : { state: { waiting: { reason: waiting } } }),
  },
];
const pod = (phase: string, containerStatuses: NonNullable<V1Pod['status']>['containerStatuses'], deletedAt?: string): V1Pod => ({
  metadata: { name: 'a', namespace: 'n', uid: '1', ...(deletedAt === undefined ? {} : { deletionTimestamp: new Date(deletedAt) }) },
  spec: { containers: [{ name: 'main' }] },
  status: { phase, containerStatuses: containerStatuses ?? [] },
});

describe('a pod is as it should be', () => {
  it.each([
    ['when it runs and is ready', pod('Running', status(true))],
    ['when it has completed', pod('Succeeded', status(false))],
    ['when it was deleted a moment ago', pod('Running', status(false), '2026-12-01T00:09:00Z')],
  ])('%s', (_, each) => {
    expect(podFault(each, limits)).toBeUndefined();
  });
});

describe('a pod is not as it should be', () => {
  it.each([
    ['when it runs and is not ready', pod('Running', status(false)), 'Running, not ready: main'],
    ['when it starts again and again', pod('Running', status(false, 'CrashLoopBackOff')), 'Running, not ready: main, CrashLoopBackOff'],
    ['when its image is not there', pod('Pending', status(false, 'ErrImagePull')), 'Pending, ErrImagePull'],
    ['when it has failed', pod('Failed', []), 'Failed'],
    ['when a container has no status', pod('Running', []), 'Running, not ready: main'],
    ['when it was deleted long ago', pod('Running', status(true), '2026-12-01T00:00:00Z'), 'deleted 600 s ago'],
  ])('%s', (_, each, fault) => {
    expect(podFault(each, limits)).toBe(fault);
  });
});

describe('restarts', () => {
  const of = (uid: string, restartCount: number): Map<string, number> =>
    restartsOf([
      {
        metadata: { name: 'a', namespace: 'n', uid },
        status: { containerStatuses: [{ name: 'main', ready: true, restartCount, image: '', imageID: '' }] },
      },
    ]);

  it('have risen where the count is higher', () => {
    expect(risen(of('1', 1), of('1', 2))).toEqual(['n/a/main']);
  });

  it('have not risen where the count is the same, or the pod is another', () => {
    expect([risen(of('1', 1), of('1', 1)), risen(of('1', 1), of('2', 5))]).toEqual([[], []]);
  });
});
