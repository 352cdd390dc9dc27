import type { V1Service } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { holdersOf, poolsWith } from './pool-holders.ts';

const range = { first: '192.0.2.100', last: '192.0.2.109' };
const service = (spec: V1Service['spec'], { name = 'web', namespace = 'canine-bob', ip = '', annotations = {} } = {}): V1Service => ({
  metadata: { name, namespace, annotations },
  spec: spec ?? {},
  status: ip === '' ? {} : { loadBalancer: { ingress: [{ ip }] } },
});

describe('the Services that have an address of a range', () => {
  it('are told with the pool that it is from', () => {
    const annotations = { 'metallb.io/ip-allocated-from-pool': 'admin-pool' };
    expect(holdersOf([service({ loadBalancerIP: '192.0.2.100' }, { ip: '192.0.2.100', annotations })], range)).toEqual([
      { name: 'canine-bob/web', namespace: 'canine-bob', address: '192.0.2.100', pool: 'admin-pool', asked: true },
    ]);
  });

  it('are also those whose external address nobody gave them', () => {
    expect(holdersOf([service({ externalIPs: ['192.0.2.101'] })], range)).toMatchObject([
      { address: '192.0.2.101', pool: 'no pool', asked: true },
    ]);
  });

  it.each([
    ['nothing', service({}, { ip: '192.0.2.103' }), false],
    ['the pool', service({}, { ip: '192.0.2.103', annotations: { 'metallb.io/address-pool': 'admin-pool' } }), true],
    ['the address by annotation', service({}, { ip: '192.0.2.103', annotations: { 'metallb.io/loadBalancerIPs': '192.0.2.103' } }), true],
  ])('may have asked for %s', (_, each, asked) => {
    expect(holdersOf([each], range)).toMatchObject([{ asked }]);
  });

  it.each([
    ['an address elsewhere', service({}, { ip: '192.0.2.110' })],
    ['no address', service({ loadBalancerIP: '192.0.2.100' })],
    ['been made by a check', service({}, { ip: '192.0.2.109', name: 'conform-asks-0123ab' })],
  ])('have not %s', (_, each) => {
    expect(holdersOf([each], range)).toEqual([]);
  });
});

it('a pool that overlaps a range holds addresses of it', () => {
  const pool = (name: string, addresses: string[]) => ({ name, addresses, autoAssign: true });
  const pools = [pool('inside', ['192.0.2.105/32']), pool('around', ['192.0.2.0/24']), pool('beside', ['192.0.2.110-192.0.2.199'])];
  expect(poolsWith(pools, range).map(({ name }) => name)).toEqual(['inside', 'around']);
});
