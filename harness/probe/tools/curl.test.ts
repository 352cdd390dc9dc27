import { describe, expect, it } from 'vitest';
import { type CurlExit, curlOutcome } from './curl.ts';

const exit = (code: number, more: Partial<CurlExit> = {}): CurlExit => ({
  code,
  body: '',
  error: '',
  hadConnection: false,
  connectedAfterMs: 0,
  afterMs: 3000,
  ...more,
});
const connected = { hadConnection: true, connectedAfterMs: 2 };

/** Exit codes of curl(1); the errors are those of curl 7.88. */
it.each([
  { what: 'an answer', of: exit(0, { status: 403, body: 'denied' }), outcome: { kind: 'answered', status: 403, body: 'denied' } },
  { what: 'a connection whose answer does not count', of: exit(0), outcome: { kind: 'connected' } },
  { what: 'silence', of: exit(28, { error: 'Connection timed out after 3001 milliseconds' }), outcome: { kind: 'timeout' } },
  { what: 'silence after a connection', of: exit(28, connected), outcome: { kind: 'no-answer', connectedAfterMs: 2 } },
  { what: 'silence in a TLS handshake', of: exit(28, { hadConnection: true }), outcome: { kind: 'no-answer' } },
  { what: 'a closed port', of: exit(7, { error: "Couldn't connect to server\nREFUSED" }), outcome: { kind: 'refused' } },
  {
    what: 'no route',
    of: exit(7, { error: "Couldn't connect\nOTHER: dial tcp: connect: no route to host" }),
    outcome: { kind: 'unreachable' },
  },
  {
    what: 'no route in the words of the C library',
    of: exit(7, { error: 'Failed to connect: No route to host' }),
    outcome: { kind: 'unreachable' },
  },
  { what: 'a route that leads nowhere', of: exit(7, { error: 'Invalid argument' }), outcome: { kind: 'unreachable' } },
  { what: 'a reset before curl looked', of: exit(7, { error: 'Connection reset by peer' }), outcome: { kind: 'reset' } },
  { what: 'a closed port where agnhost connects', of: exit(7, { hadConnection: true }), outcome: { kind: 'reset' } },
  { what: 'an empty reply', of: exit(52, connected), outcome: { kind: 'reset', connectedAfterMs: 2 } },
  { what: 'a reset while sending', of: exit(55, connected), outcome: { kind: 'reset', connectedAfterMs: 2 } },
  { what: 'a reset while receiving', of: exit(56, { ...connected, body: 'TIMEOUT' }), outcome: { kind: 'reset', connectedAfterMs: 2 } },
  {
    what: 'a TLS handshake that was broken off',
    of: exit(35, { error: 'OpenSSL SSL_connect: SSL_ERROR_SYSCALL', hadConnection: true }),
    outcome: { kind: 'reset' },
  },
  {
    what: 'an unknown name',
    of: exit(6, { error: 'Could not resolve host: nowhere' }),
    outcome: { kind: 'name-error', text: 'curl: (6) Could not resolve host: nowhere' },
  },
  {
    what: 'a self-signed certificate',
    of: exit(60, { error: 'SSL certificate problem: self-signed certificate' }),
    outcome: { kind: 'untrusted', text: 'curl: (60) SSL certificate problem: self-signed certificate' },
  },
  { what: 'a malformed URL', of: exit(3, { error: 'URL rejected' }), outcome: { kind: 'failed', text: 'curl: (3) URL rejected' } },
  {
    what: 'half an answer',
    of: exit(18, { body: 'TIMEOUT REFUSED', error: 'transfer closed' }),
    outcome: { kind: 'failed', text: 'curl: (18) transfer closed' },
  },
])('$what is $outcome.kind', ({ of, outcome }) => {
  expect(curlOutcome(of)).toEqual({ ...outcome, afterMs: 3000 });
});

describe('a body is no reason', () => {
  it.each(['no route to host', 'reset by peer', 'CONNECTED'])('though it says %s', (body) => {
    expect(curlOutcome(exit(7, { body, error: 'REFUSED' })).kind).toBe('refused');
  });
});
