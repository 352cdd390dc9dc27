import { describe, expect, it } from 'vitest';
import { timeOfDay, vantageClock } from './vantage-clock.ts';

const noon = Date.parse('2026-05-04T12:00:00Z');
/** A vantage on this machine whose uptime is 1000 s at noon. */
const clock = vantageClock({ uptimes: [100_000, 100_000], dayMs: 43_200_000 }, [
  { at: noon, uptime: 100_000 },
  { at: noon + 100, uptime: 100_010 },
]);

describe('the time of day of a line', () => {
  it.each([
    ['12:00:00.250000 *   Trying 10.0.0.1:80...', 43_200_250],
    ['00:00:00.000001 * x', 0.001],
    ['*   Trying 10.0.0.1:80...', undefined],
    ['pod-a', undefined],
  ])('%s', (line, expected) => {
    expect(timeOfDay(line)).toBe(expected);
  });
});

describe('the clock of a vantage', () => {
  const moments = [
    { at: noon, uptime: 100_000 },
    { at: noon + 200, uptime: 100_020 },
  ] as const;

  it("takes an uptime between this machine's for its own", () => {
    expect(vantageClock({ uptimes: [100_005, 100_006], dayMs: 0 }, moments).ofUptime(100_105)).toBe(noon + 1050);
  });

  it('takes any other uptime as read half-way', () => {
    expect(vantageClock({ uptimes: [500, 501], dayMs: 0 }, moments).ofUptime(600)).toBe(noon + 1100);
  });

  it.each([
    { what: 'the same whole second', dayMs: 43_205_000 },
    { what: 'a second late', dayMs: 43_206_000 },
    { what: 'a second early', dayMs: 43_204_000 },
    { what: 'in another zone of time', dayMs: 43_205_000 + 2 * 3_600_000 },
  ])('finds the whole second of a process whose print is $what', ({ dayMs }) => {
    const timeOf = clock.ofTrace({ launched: 100_499, dayMs });
    expect([timeOf(dayMs), timeOf(dayMs + 700)]).toEqual([noon + 5000, noon + 5700]);
  });

  it('goes on after midnight', () => {
    const midnight = vantageClock({ uptimes: [100_000, 100_000], dayMs: 86_399_000 }, [
      { at: noon, uptime: 100_000 },
      { at: noon, uptime: 100_000 },
    ]);
    const timeOf = midnight.ofTrace({ launched: 100_050, dayMs: 86_399_600 });
    expect(timeOf(400)).toBe(noon + 1400);
  });
});
