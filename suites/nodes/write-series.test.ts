import { describe, expect, it } from 'vitest';
import { backAt, goesOnForMs, longestGapFrom, writeSeries } from './write-series.ts';

const named = { name: 'writes', vantage: 'admin', target: 'https://192.168.29.10:6443', everyMs: 500, marks: [{ at: 1_600, text: 'off' }] };
const good = (beganAt: number, endedAt = beganAt + 10): Parameters<typeof writeSeries>[0][number] => ({
  beganAt,
  endedAt,
  outcome: 'written',
  isWritten: true,
});
const bad = (beganAt: number): Parameters<typeof writeSeries>[0][number] => ({
  beganAt,
  endedAt: beganAt + 2_000,
  outcome: 'no answer',
  isWritten: false,
});

describe('a series of writes', () => {
  const series = writeSeries([good(1_000), good(1_500), bad(2_000), bad(2_500), good(3_000, 4_510), good(5_000)], {
    ...named,
    endedAt: 5_500,
  });

  it('has good ones at their answer and others at their beginning', () => {
    expect(series.samples.map(({ atMs, ok }) => [atMs, ok])).toEqual([
      [10, true],
      [510, true],
      [1_000, false],
      [1_500, false],
      [3_510, true],
      [4_010, true],
    ]);
  });

  it('has the longest gap from the last good one before a failure to the first after it', () => {
    expect([series.longestGapMs, series.failures]).toEqual([3_000, 2]);
  });

  it('has its marks by its own clock', () => {
    expect(series.events).toEqual([{ atMs: 600, text: 'off' }]);
  });

  it('that never comes back has a gap to its end', () => {
    expect(writeSeries([good(0), bad(500)], { ...named, marks: [], endedAt: 10_000 }).longestGapMs).toBe(9_990);
  });

  it('without an attempt is none', () => {
    expect(() => writeSeries([], { ...named, endedAt: 0 })).toThrow('nothing was written');
  });
});

describe('what comes back', () => {
  const of = (...list: readonly [number, boolean][]) => ({ samples: list.map(([atMs, ok]) => ({ atMs, ok, outcome: '' })) });

  it('is back with the first good one after the first failure', () => {
    expect(backAt(of([0, true], [1_000, true], [1_500, false], [9_000, true], [9_500, true]), 1_000)).toBe(9_000);
  });

  it('was never away without a failure', () => {
    expect(backAt(of([0, true], [1_500, true]), 1_000)).toBe(1_500);
  });

  it('is not back without a good one', () => {
    expect(backAt(of([0, true], [1_500, false]), 1_000)).toBeUndefined();
  });

  it('stays where no gap follows', () => {
    const again = of([0, true], [1_500, false], [9_000, true], [9_500, true], [10_000, false], [14_000, true]);
    expect([longestGapFrom(again, 9_000, 14_500), longestGapFrom(of([0, true], [500, true]), 0, 900)]).toEqual([4_500, 0]);
  });
  it('goes on from then to its last sample', () => {
    expect(goesOnForMs(of([0, true], [1_500, false], [9_000, true], [9_500, true], [29_000, false]), 1_000)).toBe(20_000);
  });

  it('goes on for no time where it is not back', () => {
    expect([goesOnForMs(of([0, true], [1_500, false], [29_000, false]), 1_000), goesOnForMs(of(), 0)]).toEqual([0, 0]);
  });
});
