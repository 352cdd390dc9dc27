import { describe, expect, it } from 'vitest';
import { quantity } from './quantity.ts';

describe('a quantity', () => {
  it.each([
    ['123456789n', 0.123456789],
    ['250m', 0.25],
    ['2', 2],
    ['131072Ki', 134_217_728],
    ['128Mi', 134_217_728],
    ['1.5k', 1500],
    ['1Ti', 1_099_511_627_776],
  ])('%s is %d', (text, value) => {
    expect(quantity(text)).toBeCloseTo(value, 9);
  });

  it.each(['', 'm', '12Xi', '-1'])('%j is none', (text) => {
    expect(() => quantity(text)).toThrow(/is no quantity/);
  });
});
