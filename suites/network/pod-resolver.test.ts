import { describe, expect, it } from 'vitest';
import { resolvedIn } from './pod-resolver.ts';

const configuration = 'search ns.svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n';

describe('what a pod resolves', () => {
  it('is its addresses, and the configuration that led to them', () => {
    expect(resolvedIn(`10.96.0.1\n${configuration}`)).toEqual({
      addresses: ['10.96.0.1'],
      configuration: ['search ns.svc.cluster.local cluster.local', 'nameserver 10.96.0.10', 'options ndots:5'],
    });
  });

  it('is no address where no name server answered', () => {
    expect(resolvedIn(`;; communications error to 10.96.0.10#53: timed out\n${configuration}`).addresses).toEqual([]);
  });

  it('is no alias, which comes before its addresses', () => {
    expect(resolvedIn(`www.example.com.\n192.0.2.7\n${configuration}`).addresses).toEqual(['192.0.2.7']);
  });
});
