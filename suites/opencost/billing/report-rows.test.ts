import { describe, expect, it } from 'vitest';
import { entry } from '../testing/entry.ts';
import { descends, invoiceLines, reportRows, unlikeAnswer, unlikeTenants } from './report-rows.ts';

const printed = `=== Tenant Cost Report — last 30d ===
Generated: Sun Nov 22 19:45:44 UTC 2026

Namespace                                      CPU Cost     RAM Cost   Total Cost   CPU Eff%   RAM Eff%
────────────────────────────────────────── ──────────── ──────────── ──────────── ────────── ──────────
canine-alice                                     0.0050       0.0003       0.0053         0%        12%

All costs in USD
`;
const alice = entry({ cpuCost: 0.005, ramCost: 0.000_33, totalCost: 0.005_33, cpuEfficiency: 0.000_4, ramEfficiency: 0.125 });

describe('the cost report', () => {
  it('has its rows and nothing of its heading', () => {
    expect(reportRows(printed)).toEqual([
      { namespace: 'canine-alice', cpu: '0.0050', ram: '0.0003', total: '0.0053', cpuPercent: 0, ramPercent: 12 },
    ]);
  });

  it('says what the answer says', () => {
    expect(unlikeAnswer(reportRows(printed), new Map([['canine-alice', alice]]))).toEqual([]);
  });

  it.each([
    ['another cost', { totalCost: 0.0063 }],
    ['another efficiency', { ramEfficiency: 0.5 }],
  ])('does not where the answer has %s', (_, other) => {
    expect(unlikeAnswer(reportRows(printed), new Map([['canine-alice', { ...alice, ...other }]]))).toHaveLength(1);
  });

  it('does not where a namespace has no row, or a row no namespace', () => {
    expect(unlikeAnswer([], new Map([['canine-alice', alice]]))).toEqual(['no row for canine-alice']);
    expect(unlikeAnswer(reportRows(printed), new Map())).toHaveLength(1);
  });
});

describe('an invoice', () => {
  const set = new Map([
    ['canine-alice', entry({ cpuCost: 0.005, ramCost: 0.000_33, totalCost: 0.005_33 })],
    ['longhorn-system', entry({ totalCost: 1 })],
  ]);

  it('has the tenants of the answer and nobody else', () => {
    expect(unlikeTenants(invoiceLines('canine-alice\t0.005\t0.00033\t0\t0.00533\n'), set)).toEqual([]);
  });

  it.each([
    ['a platform namespace', 'canine-alice\t0.005\t0.00033\t0\t0.00533\nlonghorn-system\t0\t0\t0\t1\n'],
    ['another total', 'canine-alice\t0.005\t0.00033\t0\t0.0053\n'],
    ['fewer fields', 'canine-alice\t0.005\t0.00033\t0.00533\n'],
    ['no line', ''],
  ])('does not agree with %s', (_, text) => {
    expect(unlikeTenants(invoiceLines(text), set)).toHaveLength(1);
  });
});

it.each([
  [[3, 2, 2, 0], true],
  [[0.000_012_34, 0.5, 0], false],
  [[], true],
])('%j descends: %s', (values, expected) => {
  expect(descends(values)).toBe(expected);
});
