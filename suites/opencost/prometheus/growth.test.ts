import { describe, expect, it } from 'vitest';
import { bytesPerDay, roomNeeded } from './growth.ts';

describe("a day's samples take", () => {
  it.each([
    ['so much as Prometheus has measured', 1.5, 1000 * 1.5 * 86_400],
    ['two bytes each where it has not', undefined, 1000 * 2 * 86_400],
    ['two bytes each where it has divided by nothing', Number.NaN, 1000 * 2 * 86_400],
  ])('%s', (_, perSample, bytes) => {
    expect(bytesPerDay(1000, perSample)).toBe(bytes);
  });
});

it('ten times the rate does not fit where one time does', () => {
  const room = 0.8 * 20 * 1024 ** 3;
  const needed = (rate: number): number => roomNeeded(bytesPerDay(rate, undefined), { days: 32, logBytes: 1e8 });
  expect(needed(1700)).toBeLessThan(room);
  expect(needed(17_000)).toBeGreaterThan(room);
});
