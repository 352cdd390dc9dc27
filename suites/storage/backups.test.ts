import { describe, expect, it } from 'vitest';
import { durationMs } from './backups.ts';

describe('a duration', () => {
  it.each([
    ['720h0m0s', 2_592_000_000],
    ['720h', 2_592_000_000],
    ['1m30s', 90_000],
    ['0s', 0],
    ['1.5s', 1500],
  ])('of %s is %i ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', '30d', 'h', '720'])('is none of %j', (text) => {
    expect(() => durationMs(text)).toThrow('is no duration');
  });
});
