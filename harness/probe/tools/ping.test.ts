import { expect, it } from 'vitest';
import { pingOutcome } from './ping.ts';

it.each([
  { what: 'an answer', code: 0, text: '3 packets transmitted, 1 received', kind: 'connected' },
  { what: 'silence (iputils)', code: 1, text: '3 packets transmitted, 0 received, 100% packet loss', kind: 'timeout' },
  { what: 'silence (busybox)', code: 1, text: '3 packets transmitted, 0 packets received, 100% packet loss', kind: 'timeout' },
  {
    what: 'no route',
    code: 1,
    text: 'From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n3 packets transmitted, 0 received',
    kind: 'unreachable',
  },
  { what: 'no network', code: 2, text: 'ping: connect: Network is unreachable', kind: 'unreachable' },
  { what: 'a route that leads nowhere', code: 2, text: 'ping: connect: Invalid argument', kind: 'unreachable' },
  { what: 'a ping that may not be run', code: 2, text: 'ping: socktype: SOCK_RAW: Operation not permitted', kind: 'failed' },
])('$what is $kind', ({ code, text, kind }) => {
  expect(pingOutcome(text, { code, afterMs: 3000 })).toMatchObject({ kind, afterMs: 3000 });
});
