import type { V1ResourceQuota } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { numberOfQuota } from './living-quotas.ts';

const quota = (
  spec: string,
  { inForce = spec, used = '1', scopes = [] }: { inForce?: string; used?: string; scopes?: string[] } = {},
): V1ResourceQuota => ({
  spec: { hard: { 'requests.cpu': spec }, scopes },
  status: { hard: { 'requests.cpu': inForce }, used: { 'requests.cpu': used } },
});
const seen = (given: V1ResourceQuota | undefined): [string, boolean][] =>
  numberOfQuota('canine-bob', 'requests.cpu', given).map(({ saw, held }) => [saw, held]);

describe('the number of a living quota', () => {
  it.each<[string, V1ResourceQuota | undefined, string, boolean]>([
    ['is as promised', quota('2'), '2', true],
    ['is the same amount in another unit', quota('2000m'), '2000m', true],
    ['has drifted', quota('8'), '8', false],
    ['has drifted in force', quota('2', { inForce: '8' }), '2, 8 in force', false],
    ['is not there', { spec: { hard: {} }, status: { hard: {}, used: {} } }, 'not limited', false],
    ['counts a part alone', quota('2', { scopes: ['BestEffort'] }), '2, for BestEffort alone', false],
    ['has no quota', undefined, 'no quota tenant-quota', false],
  ])('%s', (_, given, saw, held) => {
    expect(seen(given)[0]).toEqual([saw, held]);
  });

  it('names the tenant and the resource', () => {
    expect(numberOfQuota('canine-bob', 'requests.cpu', quota('8'))[0]).toMatchObject({ subject: 'canine-bob requests.cpu', expected: '2' });
  });
});

describe('the use that a living quota counts', () => {
  it.each([
    ['1999m', true],
    ['2', true],
    ['2001m', false],
  ])('%s of 2', (used, held) => {
    expect(seen(quota('2', { used }))[1]).toEqual([used, held]);
  });
});
