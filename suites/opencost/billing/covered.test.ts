import { describe, expect, it } from 'vitest';
import { coveredHours, leastCoveredHours } from './covered.ts';

describe('the hours that a window holds', () => {
  it.each([
    ['1d', '2026-11-22T00:10:00Z', 1 / 6],
    ['1d', '2026-11-22T12:00:00Z', 12],
    ['24h', '2026-11-22T00:10:00Z', 23 + 1 / 6],
    ['24h', '2026-11-22T19:45:00Z', 23.75],
    ['yesterday', '2026-11-22T00:10:00Z', 24],
  ])('%s at %s: %d', (window, at, expected) => {
    expect(coveredHours(window, new Date(at))).toBeCloseTo(expected, 6);
  });

  it.each([
    ['1d', 0],
    ['24h', 23],
    ['yesterday', 24],
  ])('%s at the worst hour: %d', (window, expected) => {
    expect(leastCoveredHours(window, new Date('2026-11-22T19:45:00Z'))).toBe(expected);
  });

  it('are unknown for a window that nobody has read', () => {
    expect(() => coveredHours('lastweek', new Date())).toThrow('not known');
  });
});
