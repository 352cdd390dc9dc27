import { expect, it } from 'vitest';
import { digAttempts } from './dig-log.ts';
import { vantageClock } from './vantage-clock.ts';

const noon = Date.parse('2026-05-04T12:00:00Z');
const frame = '@nonce';
/** A vantage on this machine whose uptime is 1000 s at noon. */
const clock = vantageClock({ uptimes: [100_000, 100_000], dayMs: 43_200_000 }, [
  { at: noon, uptime: 100_000 },
  { at: noon + 100, uptime: 100_010 },
]);

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
  expect(digAttempts(lines, { frame, clock, over: 'udp' }).map(({ beganAt, outcome }) => [beganAt - noon, outcome])).toEqual([
    [0, { kind: 'resolved', code: 'NOERROR', addresses: ['10.96.0.1'], afterMs: 20 }],
    [100, { kind: 'timeout', afterMs: 1000 }],
  ]);
});
