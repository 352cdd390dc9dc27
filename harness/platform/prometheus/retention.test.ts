import { describe, expect, it } from 'vitest';
import { daysOf, daysWithin, retentionOf, sizeOf } from './retention.ts';

describe('a duration of Prometheus', () => {
  it.each([
    ['35d', 35],
    ['5w', 35],
    ['1d12h', 1.5],
    ['0s', 0],
    ['1y', 365],
  ])('%s is %d days', (text, days) => {
    expect(daysOf(text)).toBe(days);
  });

  it.each(['', '35', 'd', '35 d', '-1d'])('is not %j', (text) => {
    expect(() => daysOf(text)).toThrow('is no duration');
  });
});

describe('a size of Prometheus', () => {
  it.each([
    ['0B', 0],
    ['512MB', 512 * 1024 ** 2],
    ['1GB', 1024 ** 3],
    ['1GiB', 1024 ** 3],
    ['1.5KiB', 1536],
  ])('%s is %d bytes', (text, bytes) => {
    expect(sizeOf(text)).toBe(bytes);
  });

  it('is not 1G', () => {
    expect(() => sizeOf('1G')).toThrow('is no size');
  });
});

describe('the retention', () => {
  const time = 'storage.tsdb.retention.time';
  const size = 'storage.tsdb.retention.size';

  it.each([
    ['15 days when nothing is given', {}, { days: 15, bytes: undefined }],
    ['15 days when both are zero', { [time]: '0s', [size]: '0B' }, { days: 15, bytes: undefined }],
    ['the time alone', { [time]: '35d', [size]: '0B' }, { days: 35, bytes: undefined }],
    ['both, the size beside the time', { [time]: '35d', [size]: '1GB' }, { days: 35, bytes: 1024 ** 3 }],
    ['the size alone, without an end in time', { [size]: '1GB' }, { days: Number.POSITIVE_INFINITY, bytes: 1024 ** 3 }],
  ])('is %s', (_, flags, expected) => {
    expect(retentionOf(flags)).toEqual(expected);
  });

  it('by a size is as many days as that holds', () => {
    expect(daysWithin(1024 ** 3, 1024 ** 2 * 100)).toBeCloseTo(10.24);
    expect(daysWithin(undefined, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});
