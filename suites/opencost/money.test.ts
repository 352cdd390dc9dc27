import { describe, expect, it } from 'vitest';
import { costlyParts, mispriced, near, roundedTolerance, unequalParts } from './money.ts';
import { entry } from './testing/entry.ts';

describe('a number near another one', () => {
  it.each([
    ['is', 0.034, true],
    ['is, at the tolerance', 0.0345, true],
    ['is not', 0.035_848, false],
  ])('%s', (_, saw, held) => {
    expect(near('cost', { vantage: 'the API', expected: 0.034, saw, tolerance: 0.000_51 })).toMatchObject({ held });
  });

  it('does not hold where there is none', () => {
    expect(near('cost', { vantage: 'the API', expected: 0, saw: undefined, tolerance: 1 })).toMatchObject({ held: false, saw: 'none' });
  });
});

describe('the parts of a total', () => {
  // From a recorded answer: two replicas of half a core and 256 MiB over 10 min.
  const web = entry({ cpuCost: 0.005, ramCost: 0.000_33, totalCost: 0.005_33 });

  it('add up to it', () => {
    expect(unequalParts(new Map([['canine-alice', web]]))).toEqual([]);
  });

  it('add up to it within the rounding of each figure', () => {
    expect(unequalParts(new Map([['n', { ...web, totalCost: 0.005_35 }]]))).toEqual([]);
  });

  it('do not where a cent is added', () => {
    expect(unequalParts(new Map([['n', { ...web, totalCost: 0.015_33 }]]))).toEqual(['n: 0.00533 for 0.01533']);
  });

  it('do not where one is left out', () => {
    expect(unequalParts(new Map([['n', web]]), 'cpu')).toHaveLength(1);
  });

  it('count an adjustment', () => {
    expect(unequalParts(new Map([['n', { ...web, cpuCostAdjustment: 0.01, totalCost: 0.015_33 }]]))).toEqual([]);
  });

  it('that cost something are told', () => {
    expect(costlyParts(new Map([['n', web]]))).toEqual(['cpu', 'ram']);
  });
});

describe('prices within one answer', () => {
  const hour = entry({ cpuCoreHours: 0.166_67, cpuCost: 0.005, ramByteHours: 89_478_485, ramCost: 0.000_33 });

  it.each(['cpu', 'ram', 'pv'] as const)('are the documented ones: %s', (of) => {
    expect(mispriced(new Map([['canine-alice', hour]]), of)).toEqual([]);
  });

  it('are not where the defaults are in force', () => {
    expect(mispriced(new Map([['n', { ...hour, cpuCoreHours: 1, cpuCost: 0.031_61 }]]), 'cpu')).toEqual(['n: 0.03161 for 0.03']);
  });

  it('are not where storage costs the sample of the chart', () => {
    expect(mispriced(new Map([['n', entry({ pvByteHours: 1024 ** 3, pvCost: 0.25 })]]), 'pv')).toHaveLength(1);
  });

  it('may differ by what OpenCost rounds', () => {
    expect(roundedTolerance(2)).toBeCloseTo(0.000_011, 9);
  });
});
