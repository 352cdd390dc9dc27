import { describe, expect, it } from 'vitest';
import { type Claim, type Destination, atHost, unansweredDenial, unpublished } from './claims.ts';

const closed: Destination = { name: 'w01:6443', target: { kind: 'tcp', host: '192.0.2.1', port: 6443 } };
const other: Destination = { name: 'w02:6443', target: { kind: 'tcp', host: '192.0.2.2', port: 6443 } };
const ping: Destination = { name: 'ping of w01', target: { kind: 'icmp', host: '192.0.2.1' } };
const [admin, outsider] = [atHost('admin'), atHost('outsider')];

const attemptsOf = ({ attempts }: Claim): (readonly unknown[])[] =>
  attempts.map(({ role, from, to, expect: expected }) => [role, from.name, to.name, expected]);

describe('a denial of targets that answer nobody', () => {
  it('observes each target from each source, beside what each source reaches and what the hosts answer to', () => {
    const denied = unansweredDenial({
      from: [outsider, admin],
      to: closed,
      sameSourceReaches: ({ name }) => (name === 'admin' ? ping : []),
      hostsAnswer: [{ from: outsider, to: ping }],
    });
    expect(attemptsOf(denied)).toEqual([
      ['observation', 'outsider', 'w01:6443', 'denied'],
      ['observation', 'admin', 'w01:6443', 'denied'],
      ['control', 'admin', 'ping of w01', 'reached'],
      ['control', 'outsider', 'ping of w01', 'reached'],
    ]);
  });

  it('needs no answer of hosts that do not serve yet', () => {
    expect(attemptsOf(unansweredDenial({ from: outsider, to: [closed, other], sameSourceReaches: ping }))).toEqual([
      ['observation', 'outsider', 'w01:6443', 'denied'],
      ['observation', 'outsider', 'w02:6443', 'denied'],
      ['control', 'outsider', 'ping of w01', 'reached'],
    ]);
  });

  it('proves nothing for a source that reaches nothing', () => {
    expect(() => unansweredDenial({ from: outsider, to: closed })).toThrow('outsider reaches nothing');
  });
});

describe('a claim about ports that nothing publishes', () => {
  it('observes each port from each source, beside what their hosts answer to', () => {
    expect(attemptsOf(unpublished({ from: [outsider], to: [closed], hostsAnswer: [{ from: outsider, to: ping }] }))).toEqual([
      ['observation', 'outsider', 'w01:6443', 'not-reached'],
      ['control', 'outsider', 'ping of w01', 'reached'],
    ]);
  });

  it('proves nothing for a source that reaches nothing', () => {
    expect(() => unpublished({ from: [outsider], to: [closed], hostsAnswer: [{ from: admin, to: ping }] })).toThrow(
      'outsider reaches nothing',
    );
  });

  it('proves nothing without a port', () => {
    expect(() => unpublished({ from: [outsider], to: [], hostsAnswer: [{ from: outsider, to: ping }] })).toThrow(RangeError);
  });

  it('proves nothing while no host answers', () => {
    expect(() => unpublished({ from: outsider, to: closed, sameSourceReaches: ping, hostsAnswer: [] })).toThrow(RangeError);
  });
});
