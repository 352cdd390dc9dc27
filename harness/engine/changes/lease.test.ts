import type { V1Lease } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { isFree } from './lease.ts';

const now = Date.UTC(2026, 10, 24);
const lease = (holderIdentity: string | undefined, renewedSecondsAgo: number): V1Lease => ({
  spec: {
    ...(holderIdentity === undefined ? {} : { holderIdentity }),
    leaseDurationSeconds: 30,
    renewTime: new Date(now - renewedSecondsAgo * 1000),
  },
});

describe('a lease is free', () => {
  it.each([
    ['when nobody holds it', lease(undefined, 0), 0, true],
    ['not while its holder renews it', lease('other', 5), 0, false],
    ['not because the clocks of two machines differ by a minute', lease('other', 60), 0, false],
    ['when it was not touched for its time while we looked', lease('other', 60), 31_000, true],
    ['when its holder is gone for long, by the clocks', lease('other', 91), 0, true],
  ])('%s', (_, found, unchangedMs, expected) => {
    expect(isFree(found, unchangedMs, now)).toBe(expected);
  });
});
