import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../outcome.ts';
import type { SampledAttempt } from './sampled-attempt.ts';
import { longestGapMs, samplesOf } from './samples.ts';

describe('samples', () => {
  const attempt = (beganAt: number, outcome: Outcome, changes: Partial<SampledAttempt> = {}): SampledAttempt => ({
    beganAt,
    endedAt: beganAt + outcome.afterMs,
    outcome,
    connected: true,
    lost: false,
    ...changes,
  });
  const answered = (body: string, status = 200): Outcome => ({ kind: 'answered', status, body, afterMs: 5 });
  const timeout: Outcome = { kind: 'timeout', afterMs: 950 };

  it('stand at the answer, or at the beginning of what failed', () => {
    const samples = samplesOf([attempt(200, timeout), attempt(100, answered('pod-a')), attempt(300, answered('pod-b'))], {
      connection: 'new',
      zero: 100,
    });
    expect(samples).toEqual([
      { atMs: 5, outcome: 'answered 200', ok: true, answeredBy: 'pod-a' },
      { atMs: 100, outcome: 'timeout', ok: false },
      { atMs: 205, outcome: 'answered 200', ok: true, answeredBy: 'pod-b' },
    ]);
  });

  it.each<[Outcome, boolean]>([
    [answered('', 401), true],
    [answered('', 503), false],
    [{ kind: 'connected', afterMs: 0 }, true],
    [{ kind: 'resolved', code: 'NOERROR', addresses: [], afterMs: 0 }, true],
    [{ kind: 'resolved', code: 'SERVFAIL', addresses: [], afterMs: 0 }, false],
    [{ kind: 'refused', afterMs: 0 }, false],
  ])('%j is good: %j', (outcome, ok) => {
    expect(samplesOf([attempt(0, outcome)], { connection: 'new', zero: 0 })[0]?.ok).toBe(ok);
  });

  it('say who answered only by a host name', () => {
    expect(samplesOf([attempt(0, answered('<html>'))], { connection: 'new', zero: 0 })[0]).not.toHaveProperty('answeredBy');
  });

  it('tell of a kept-open connection that was lost and opened again', () => {
    const attempts = [
      attempt(0, answered('')),
      attempt(100, answered(''), { connected: false }),
      attempt(200, answered(''), { lost: true }),
    ];
    expect(samplesOf(attempts, { connection: 'kept-open', zero: 0 }).map(({ outcome }) => outcome)).toEqual([
      'answered 200',
      'answered 200',
      'connection lost',
      'answered 200 over a new connection',
    ]);
  });

  it('count a lost connection and the failure to open another as one', () => {
    expect(samplesOf([attempt(0, timeout, { lost: true })], { connection: 'kept-open', zero: 0 })).toEqual([
      { atMs: 0, outcome: 'connection lost, then timeout', ok: false },
    ]);
  });
});

describe('the longest gap', () => {
  const series = (text: string): { atMs: number; ok: boolean }[] =>
    text.split('').map((each, index) => ({ atMs: index * 100, ok: each === '+' }));

  it.each([
    ['', 0, 0],
    ['+++', 200, 0],
    ['+-+', 200, 200],
    ['+--+-+', 500, 300],
    ['--+', 200, 200],
    ['+--', 250, 250],
    ['---', 900, 900],
  ])('of %s until %i ms is %i ms', (text, endMs, gap) => {
    expect(longestGapMs(series(text), endMs)).toBe(gap);
  });

  it('is 0 only without a failure', () => {
    const marks = fc.array(fc.constantFrom('+', '-'), { minLength: 1 }).map((each) => each.join(''));
    fc.assert(fc.property(marks, (text) => (longestGapMs(series(text), text.length * 100) === 0) === !text.includes('-')));
  });
});
