import { describe, expect, it } from 'vitest';
import { type Outcome, blocked, cameThrough, connected, gaveUp, mayBeLate, outcomeText, reached } from './outcome.ts';
import type { Target } from './target.ts';

const every: Record<Outcome['kind'], Outcome> = {
  connected: { kind: 'connected', afterMs: 10 },
  answered: { kind: 'answered', status: 200, body: 'secret', afterMs: 10 },
  resolved: { kind: 'resolved', code: 'NOERROR', addresses: ['10.96.0.1'], afterMs: 10 },
  timeout: { kind: 'timeout', afterMs: 3000 },
  'no-answer': { kind: 'no-answer', connectedAfterMs: 2, afterMs: 3000 },
  refused: { kind: 'refused', afterMs: 10 },
  reset: { kind: 'reset', connectedAfterMs: 2, afterMs: 10 },
  unreachable: { kind: 'unreachable', afterMs: 3000 },
  'name-error': { kind: 'name-error', text: 'no such host\n', afterMs: 10 },
  untrusted: { kind: 'untrusted', text: 'self-signed\n', afterMs: 10 },
  failed: { kind: 'failed', text: 'exit code 127\n', afterMs: 0 },
};

/** The readings of an outcome that hold, in the order of their names. */
const readings = { blocked, connected, gaveUp, mayBeLate, reached };

it.each([
  { kind: 'connected', holds: ['connected', 'reached'], text: 'connected after 10 ms' },
  { kind: 'answered', holds: ['connected', 'reached'], text: 'answered 200 after 10 ms' },
  { kind: 'resolved', holds: ['connected', 'reached'], text: 'NOERROR 10.96.0.1 after 10 ms' },
  { kind: 'timeout', holds: ['blocked', 'gaveUp', 'mayBeLate'], text: 'timeout after 3000 ms' },
  { kind: 'no-answer', holds: ['connected', 'gaveUp', 'mayBeLate'], text: 'connected after 2 ms, then no-answer after 3000 ms' },
  { kind: 'refused', holds: [], text: 'refused after 10 ms' },
  { kind: 'reset', holds: ['connected'], text: 'connected after 2 ms, then reset after 10 ms' },
  { kind: 'unreachable', holds: ['mayBeLate'], text: 'unreachable after 3000 ms' },
  { kind: 'name-error', holds: [], text: 'name-error: no such host' },
  { kind: 'untrusted', holds: ['connected', 'reached'], text: 'untrusted: self-signed' },
  { kind: 'failed', holds: [], text: 'failed: exit code 127' },
] as const)('the outcome $kind is $holds, and reads: $text', ({ kind, holds, text }) => {
  const outcome = every[kind];
  const held = Object.entries(readings).flatMap(([name, reading]) => (reading(outcome) ? [name] : []));
  expect({ held, text: outcomeText(outcome) }).toEqual({ held: holds, text });
});

it('a reset whose connection nobody saw reads without it', () => {
  expect(outcomeText({ kind: 'reset', afterMs: 10 })).toBe('reset after 10 ms');
});

describe('packets came through', () => {
  const kinds = Object.keys(every) as Outcome['kind'][];
  const at = { host: '10.244.0.9', port: 9 };
  const reachedKinds = ['connected', 'answered', 'resolved', 'untrusted'];

  it.each<{ what: string; target: Target; by: string[] }>([
    { what: 'a port where somebody listens', target: { kind: 'tcp', ...at }, by: reachedKinds },
    { what: 'a TCP port where nobody listens', target: { kind: 'tcp', ...at, listens: false }, by: [...reachedKinds, 'refused', 'reset'] },
    { what: 'a UDP port where nobody listens', target: { kind: 'udp', ...at, listens: false }, by: [...reachedKinds, 'refused', 'reset'] },
    { what: 'an HTTP server', target: { kind: 'http', url: 'http://10.244.0.9/' }, by: reachedKinds },
    { what: 'a host', target: { kind: 'icmp', host: at.host }, by: reachedKinds },
  ])('to $what: $by', ({ target, by }) => {
    expect(kinds.filter((kind) => cameThrough(target, every[kind])).toSorted()).toEqual(by.toSorted());
  });

  it('never where the attempt was blocked', () => {
    expect(cameThrough({ kind: 'tcp', ...at, listens: false }, every.timeout)).toBe(false);
  });
});
