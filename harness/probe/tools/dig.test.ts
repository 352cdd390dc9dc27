import { expect, it } from 'vitest';
import { digOutcome } from './dig.ts';

/** All printed by dig 9.18.47 to servers that were made to behave so, but for the older version's. */
const ended = [
  {
    what: 'silence over UDP',
    over: 'udp',
    text: ';; communications error to 127.0.0.1#53: timed out\n;; no servers could be reached\n',
    kind: 'timeout',
  },
  { what: 'silence, as dig 9.16 says it', over: 'udp', text: ';; connection timed out; no servers could be reached\n', kind: 'timeout' },
  {
    what: 'silence over TCP',
    over: 'tcp',
    text: ';; Connection to 127.0.0.1#53(127.0.0.1) for x.y failed: timed out.\n;; no servers could be reached\n',
    kind: 'timeout',
  },
  {
    what: 'silence after a connection',
    over: 'tcp',
    text: ';; communications error to 127.0.0.1#53: timed out\n;; no servers could be reached\n',
    kind: 'no-answer',
  },
  {
    what: 'a connection that was closed',
    over: 'tcp',
    text: ';; communications error to 127.0.0.1#53: end of file\n;; no servers could be reached\n',
    kind: 'reset',
  },
  {
    what: 'a connection that was reset',
    over: 'tcp',
    text: ';; communications error to 127.0.0.1#53: connection reset\n;; no servers could be reached\n',
    kind: 'reset',
  },
  {
    what: 'a closed TCP port',
    over: 'tcp',
    text: ';; Connection to 127.0.0.1#53(127.0.0.1) for x.y failed: connection refused.\n;; no servers could be reached\n',
    kind: 'refused',
  },
  {
    what: 'a closed UDP port',
    over: 'udp',
    text: ';; communications error to 127.0.0.1#53: connection refused\n;; no servers could be reached\n',
    kind: 'refused',
  },
  {
    what: 'no route',
    over: 'udp',
    text: ';; UDP setup with 192.0.2.1#53(192.0.2.1) for x.y failed: network unreachable.\n;; no servers could be reached\n',
    kind: 'unreachable',
  },
  { what: 'a usage error', over: 'udp', text: "dig: couldn't get address for 'nowhere': not found\n", kind: 'failed' },
] as const;

it.each(ended)('$what is $kind', ({ over, text, kind }) => {
  expect(digOutcome(text, { code: 9, afterMs: 3000 }, over)).toMatchObject({ kind, afterMs: 3000 });
});

it('an answer has a code and addresses', () => {
  const text = ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; ANSWER SECTION:\nx.y. 5 IN A 10.0.0.1\nx.y. 5 IN A 10.0.0.2';
  expect(digOutcome(text, { code: 0, afterMs: 5 }, 'udp')).toEqual({
    kind: 'resolved',
    code: 'NOERROR',
    addresses: ['10.0.0.1', '10.0.0.2'],
    afterMs: 5,
  });
});
