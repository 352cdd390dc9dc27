import { expect, it } from 'vitest';
import { parseDuration, promDuration } from './duration.ts';
import { describeWindow, parseWindow } from './window.ts';

const now = Date.parse('2026-11-22T19:45:44.500Z');

it.each([
  ['30m', '2026-11-22T19:16:00Z', '2026-11-22T19:46:00Z'],
  ['1h', '2026-11-22T19:00:00Z', '2026-11-22T20:00:00Z'],
  ['24h', '2026-11-21T20:00:00Z', '2026-11-22T20:00:00Z'],
  ['1d', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['7d', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['2w', '2026-11-09T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['today', '2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['yesterday', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
  ['week', '2026-11-22T00:00:00Z', '2026-11-22T19:45:44Z'],
  ['lastweek', '2026-11-15T00:00:00Z', '2026-11-22T00:00:00Z'],
  ['month', '2026-11-01T00:00:00Z', '2026-11-22T19:45:44Z'],
  ['lastmonth', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'],
  ['2h offset 1d', '2026-11-21T17:45:44Z', '2026-11-21T19:45:44Z'],
  ['2026-11-01T00:00:00Z,2026-11-22T19:45:44Z', '2026-11-01T00:00:00Z', '2026-11-22T19:45:44Z'],
  ['1763769600,1763773200', '2025-11-22T00:00:00Z', '2025-11-22T01:00:00Z'],
  ['1763769600-1763773200', '2025-11-22T00:00:00Z', '2025-11-22T01:00:00Z'],
])('reads the window %s', (text, start, end) => {
  expect(describeWindow(parseWindow(text, now))).toBe(`[${start.replace('Z', '+0000')}, ${end.replace('Z', '+0000')})`);
});

it.each(['', 'banana', '7', '7y', '-1d', '2026-11-01,2026-11-22', '2026-13-01T00:00:00Z,2026-11-22T19:45:44Z'])(
  'takes %j for no window',
  (text) => {
    expect(parseWindow(text, now)).toBeUndefined();
  },
);

it.each([
  ['1m', 60_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['1.5h', 5_400_000],
  ['h', undefined],
  ['1x', undefined],
  ['', undefined],
])('reads the duration %j', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

it.each([
  [86_400_000, '1d'],
  [3_600_000, '1h'],
  [300_000, '5m'],
  [71_144_000, '71144s'],
  [0, ''],
])('writes %i ms for PromQL', (milliseconds, text) => {
  expect(promDuration(milliseconds)).toBe(text);
});
