import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from './probe.ts';
import { type SampledAttempt, curlAttempts, digAttempts, longestGapMs, samplesOf, timeOfDay, vantageClock } from './samples.ts';

const noon = Date.parse('2026-05-04T12:00:00Z');
const frame = '@nonce';
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

describe("the attempts in curl's trace", () => {
  const trace = [
    '@nonce launched 99999',
    '12:00:00.000000 *   Trying 10.0.0.1:80...',
    '@nonce 0 0 200 1 0.012000 ',
    '12:00:00.100000 * Re-using existing connection #0 with host 10.0.0.1',
    '@nonce 1 0 200 0 0.002000 ',
    '12:00:00.200000 * Connection 0 seems to be dead',
    '12:00:00.201000 * connect to 10.0.0.1 port 80 failed: No route to host',
    "@nonce 2 7 000 0 0.003000 Failed to connect to 10.0.0.1 port 80 after 3 ms: Couldn't connect to server",
    '12:00:00.300000 *   Trying 10.0.0.1:80...',
    '@nonce 3 28 000 0 0.950000 Connection timed out after 950 milliseconds',
    '12:00:01.300000 *   Trying 10.0.0.1:80...',
    '@nonce 4 35 000 1 0.020000 OpenSSL SSL_connect: Connection reset by peer in connection to 10.0.0.1:443',
    '12:00:01.400000 *   Trying 10.0.0.1:80...',
  ];
  const answers = ['=pod-a', '@nonce 0', '@nonce 2', '@nonce 3', '=pod-b'];
  const attempts = curlAttempts({ trace, answers }, { frame, clock });

  it('have the times of their beginnings and ends', () => {
    expect(attempts.map(({ beganAt, endedAt }) => [beganAt - noon, endedAt - noon])).toEqual([
      [0, 12],
      [100, 102],
      [200, 203],
      [300, 1250],
      [1300, 1320],
    ]);
  });

  it('have outcomes, and a body only with its own frame', () => {
    expect(attempts.map(({ outcome }) => (outcome.kind === 'answered' ? `${outcome.status} ${outcome.body}` : outcome.kind))).toEqual([
      '200 pod-a',
      '200 ',
      'unreachable',
      'timeout',
      'reset',
    ]);
  });

  it('tell new connections and lost ones', () => {
    expect(attempts.map(({ connected, lost }) => [connected, lost])).toEqual([
      [true, false],
      [false, false],
      [false, true],
      [false, false],
      [true, false],
    ]);
  });

  it('take the last body without a frame for the next answer', () => {
    const [, second] = curlAttempts({ trace: trace.slice(0, 5), answers: ['=pod-a', '@nonce 0', '=pod-b'] }, { frame, clock });
    expect(second?.outcome).toMatchObject({ body: 'pod-b' });
  });

  it('are none when curl printed nothing', () => {
    expect(curlAttempts({ trace: ['@nonce launched 99999'], answers: [] }, { frame, clock })).toEqual([]);
  });
});

it("reads dig's answers, and leaves out one that was not ended", () => {
  const lines = [
    '@nonce began 100000',
    ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1',
    'a.b.\t30\tIN\tA\t10.96.0.1',
    '@nonce ended 100002 0',
    '@nonce began 100010',
    ';; connection timed out; no servers could be reached',
    '@nonce ended 100110 9',
    '@nonce began 100020',
  ];
  expect(digAttempts(lines, { frame, clock }).map(({ beganAt, outcome }) => [beganAt - noon, outcome])).toEqual([
    [0, { kind: 'resolved', code: 'NOERROR', addresses: ['10.96.0.1'], afterMs: 20 }],
    [100, { kind: 'timeout', afterMs: 1000 }],
  ]);
});

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
