import { describe, expect, it } from 'vitest';
import { type Destination, atHost } from '../../harness/probe/claims.ts';
import { unpublished } from './unpublished.ts';

const closed: Destination = { name: 'w01:6443', target: { kind: 'tcp', host: '192.0.2.1', port: 6443 } };
const ping: Destination = { name: 'ping of w01', target: { kind: 'icmp', host: '192.0.2.1' } };
const outsider = atHost('outsider');

describe('a claim about ports that nothing publishes', () => {
  it('observes each port from each source, beside what their hosts answer to', () => {
    const { attempts } = unpublished({ from: [outsider], to: [closed], hostsAnswer: [{ from: outsider, to: ping }] });
    expect(attempts.map(({ role, to, expect: expected }) => [role, to.name, expected])).toEqual([
      ['observation', 'w01:6443', 'not-reached'],
      ['control', 'ping of w01', 'reached'],
    ]);
  });

  it('proves nothing for a source that reaches nothing', () => {
    expect(() => unpublished({ from: [outsider], to: [closed], hostsAnswer: [{ from: atHost('admin'), to: ping }] })).toThrow(
      'outsider reaches nothing',
    );
  });

  it('proves nothing without a port', () => {
    expect(() => unpublished({ from: [outsider], to: [], hostsAnswer: [{ from: outsider, to: ping }] })).toThrow(RangeError);
  });
});
