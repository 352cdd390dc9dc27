import { describe, expect, it } from 'vitest';
import { nextRuns, notMonthly, scheduleIn } from './schedule.ts';

const from = new Date('2026-11-22T19:45:44Z');

describe('a schedule', () => {
  it('of the guide is 08:00 on the first of each month', () => {
    const runs = nextRuns(scheduleIn('0 8 1 * * ./monthly-invoice.sh'), from, 14);
    expect(runs.slice(0, 3).map((at) => at.toISOString())).toEqual([
      '2026-12-01T08:00:00.000Z',
      '2027-01-01T08:00:00.000Z',
      '2027-02-01T08:00:00.000Z',
    ]);
    expect(notMonthly(runs)).toEqual([]);
  });

  it('with the day in the field of the weekday is every Monday', () => {
    expect(notMonthly(nextRuns(scheduleIn('0 8 * * 1'), from, 14)).length).toBeGreaterThan(0);
  });

  it('that is none is refused', () => {
    expect(() => scheduleIn('@monthly ./monthly-invoice.sh')).toThrow('no schedule');
    expect(() => scheduleIn('*/5 8 1 * *')).toThrow('no schedule');
  });
});
