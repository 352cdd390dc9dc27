import { describe, expect, it } from 'vitest';
import { curlAttempts } from './curl-trace.ts';
import { vantageClock } from './vantage-clock.ts';

const noon = Date.parse('2026-05-04T12:00:00Z');
const frame = '@nonce';
/** A vantage on this machine whose uptime is 1000 s at noon. */
const clock = vantageClock({ uptimes: [100_000, 100_000], dayMs: 43_200_000 }, [
  { at: noon, uptime: 100_000 },
  { at: noon + 100, uptime: 100_010 },
]);

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

  it('time out with silence, or with no answer where there was a connection', () => {
    const silent = [
      '@nonce launched 99999',
      '12:00:00.000000 *   Trying 10.0.0.1:80...',
      '@nonce 0 28 000 0 0.950000 Connection timed out',
      '12:00:01.000000 *   Trying 10.0.0.1:80...',
      '@nonce 1 28 000 1 0.950000 Operation timed out',
      '12:00:02.000000 * Re-using existing connection #0 with host 10.0.0.1',
      '@nonce 2 28 000 0 0.950000 Operation timed out',
      '12:00:03.000000 * Re-using existing connection #0 with host 10.0.0.1',
      '12:00:03.001000 * Connection died, retrying a fresh connect (retry count: 1)',
      '@nonce 3 28 000 0 0.950000 Connection timed out',
    ];
    const kinds = curlAttempts({ trace: silent, answers: [] }, { frame, clock }).map(({ outcome }) => outcome.kind);
    expect(kinds).toEqual(['timeout', 'no-answer', 'no-answer', 'timeout']);
  });
});
