import { describe, expect, it } from 'vitest';
import { closedWindow, daysOfWindow, firstOfMonth, gaps, lastDays, stepsWithin, windowText } from './windows.ts';

const at = (text: string): Date => new Date(text);

describe('a closed window', () => {
  it('ends at a whole minute before now', () => {
    const window = closedWindow(at('2026-11-22T19:45:44.123Z'), { minutes: 6, endedMinutesAgo: 2 });
    expect(windowText(window)).toBe('2026-11-22T19:37:00Z,2026-11-22T19:43:00Z');
  });
});

describe('the first of a month', () => {
  it.each([
    ['2026-11-22T19:45:44Z', 0, '2026-11-01T00:00:00.000Z'],
    ['2026-03-31T23:59:59Z', -1, '2026-02-01T00:00:00.000Z'],
    ['2027-01-01T00:00:00Z', -1, '2026-12-01T00:00:00.000Z'],
    ['2026-12-31T00:00:00Z', 1, '2027-01-01T00:00:00.000Z'],
  ])('of %s, %d months on, is %s', (now, months, expected) => {
    expect(firstOfMonth(at(now), months).toISOString()).toBe(expected);
  });
});

it('seven days end with today', () => {
  expect(windowText(lastDays(at('2026-11-22T00:10:00Z'), 7))).toBe('2026-11-16T00:00:00Z,2026-11-23T00:00:00Z');
});

describe('the days of a window', () => {
  it('are whole but for the last', () => {
    const days = daysOfWindow({ start: at('2026-11-01T00:00:00Z'), end: at('2026-11-02T06:00:00Z') });
    expect(days.map(windowText)).toEqual(['2026-11-01T00:00:00Z,2026-11-02T00:00:00Z', '2026-11-02T00:00:00Z,2026-11-02T06:00:00Z']);
  });
});

describe('steps', () => {
  it.each([
    [400, { count: 6, minutes: 60 }],
    [130, { count: 6, minutes: 20 }],
    [62, { count: 6, minutes: 10 }],
    [35, { count: 6, minutes: 5 }],
    [17, { count: 3, minutes: 5 }],
    [16, undefined],
  ])('of data %d min old are %j', (age, steps) => {
    expect(stepsWithin(age)).toEqual(steps);
  });

  const hour = (from: number): { start: Date; end: Date } => ({
    start: at(`2026-11-22T0${from}:00:00Z`),
    end: at(`2026-11-22T0${from + 1}:00:00Z`),
  });

  it('follow each other', () => {
    expect(gaps([hour(1), hour(2), hour(3)], 60)).toEqual([]);
  });

  it('are told where one is missing, or has another length', () => {
    expect(gaps([hour(1), hour(3)], 60)).toEqual(['2026-11-22T03:00:00Z,2026-11-22T04:00:00Z']);
    expect(gaps([{ start: hour(1).start, end: hour(2).end }], 60)).toHaveLength(1);
  });
});
