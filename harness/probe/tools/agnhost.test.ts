import { expect, it } from 'vitest';
import { agnhostOutcome } from './agnhost.ts';

/** Words and exit codes of Kubernetes' test/images/agnhost/connect/connect.go; the errors are Go's. */
it.each([
  { what: 'a connection', code: 0, text: '', kind: 'connected' },
  { what: 'silence', code: 1, text: 'TIMEOUT\n', kind: 'timeout' },
  { what: 'silence over UDP', code: 1, text: 'TIMEOUT: read udp 10.0.0.1:1->10.0.0.2:81: i/o timeout', kind: 'timeout' },
  { what: 'a closed port', code: 1, text: 'REFUSED\n', kind: 'refused' },
  { what: 'a closed port over UDP', code: 1, text: 'REFUSED: read udp 10.0.0.1:1->10.0.0.2:81: read: connection refused', kind: 'refused' },
  { what: 'a closed port over SCTP', code: 1, text: 'OTHER: connection refused', kind: 'refused' },
  { what: 'no route', code: 1, text: 'OTHER: dial tcp 192.168.29.99:80: connect: no route to host', kind: 'unreachable' },
  { what: 'no network', code: 1, text: 'OTHER: dial tcp 192.0.2.1:80: connect: network is unreachable', kind: 'unreachable' },
  { what: 'no route over UDP', code: 1, text: 'UNKNOWN: read udp 10.0.0.1:1->10.0.0.2:81: read: no route to host', kind: 'unreachable' },
  { what: 'a reset', code: 1, text: 'OTHER: read tcp: connection reset by peer', kind: 'reset' },
  { what: 'an unknown name', code: 1, text: 'DNS: lookup nowhere: no such host', kind: 'name-error' },
  { what: 'a silent name server', code: 1, text: 'DNS: lookup nowhere on 10.96.0.10:53: read udp: i/o timeout', kind: 'name-error' },
  { what: 'a name that looks like a word', code: 1, text: 'DNS: lookup TIMEOUT.example.com: no such host', kind: 'name-error' },
  {
    what: 'a name server without a way to it',
    code: 1,
    text: 'DNS: lookup web on 10.96.0.10:53: dial udp: connect: network is unreachable',
    kind: 'name-error',
  },
  { what: 'bad arguments', code: 1, text: 'UNKNOWN: address: missing port', kind: 'failed' },
  { what: 'a probe that is not installed', code: 127, text: 'sh: 1: /agnhost: not found', kind: 'failed' },
  { what: 'a probe that was killed', code: 137, text: 'Killed', kind: 'failed' },
  { what: 'no exit code', code: Number.NaN, text: '', kind: 'failed' },
])('$what is $kind', ({ code, text, kind }) => {
  expect(agnhostOutcome(text, { code, afterMs: 40 })).toMatchObject({ kind, afterMs: 40 });
});

it('a probe that does not work says how it ended', () => {
  expect(agnhostOutcome('sh: 1: /agnhost: not found', { code: 127, afterMs: 0 })).toEqual({
    kind: 'failed',
    text: 'exit code 127: sh: 1: /agnhost: not found',
    afterMs: 0,
  });
});
