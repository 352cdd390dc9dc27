import { describe, expect, it } from 'vitest';
import { overlaps } from './overlaps.ts';

const lan = { name: 'lan', range: '192.168.29.0/24' };

describe('ranges overlap', () => {
  it.each([
    ['when one holds the other', '192.168.0.0/16'],
    ['when they are the same', '192.168.29.0/24'],
    ['in their first address', '192.168.28.0-192.168.29.0'],
    ['in their last address', '192.168.29.255/32'],
  ])('%s', (_, range) => {
    expect(overlaps([lan, { name: 'other', range }])).toEqual(['lan and other']);
  });

  it.each(['192.168.28.0/24', '192.168.30.0/24', '10.244.0.0/16', '192.168.28.0-192.168.28.255'])('not with %s', (range) => {
    expect(overlaps([lan, { name: 'other', range }])).toEqual([]);
  });

  it('in every pair of several', () => {
    expect(overlaps([lan, { name: 'a', range: '192.168.29.1/32' }, { name: 'b', range: '192.168.29.0/30' }])).toEqual([
      'lan and a',
      'lan and b',
      'a and b',
    ]);
  });

  it('not where one is no range', () => {
    expect(() => overlaps([lan, { name: 'other', range: 'nonsense' }])).toThrow();
  });
});
