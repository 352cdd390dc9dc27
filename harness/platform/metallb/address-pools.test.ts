import { expect, it } from 'vitest';
import { addressPool, advertisement, advertisementText, poolOf, poolText, rangesOf } from './address-pools.ts';

it('a pool gives its addresses to all who ask for nothing, unless it says otherwise', () => {
  expect(poolText(poolOf({ name: 'tenant-pool', spec: { addresses: ['192.168.29.110-192.168.29.199'] } }))).toBe(
    'tenant-pool 192.168.29.110-192.168.29.199, for all who ask for nothing',
  );
  expect(
    poolText(
      addressPool({
        metadata: { name: 'admin-pool' },
        spec: { addresses: ['192.168.29.100-192.168.29.109'], autoAssign: false },
      } as object),
    ),
  ).toBe('admin-pool 192.168.29.100-192.168.29.109, only on request');
});

it('ranges are read in both notations', () => {
  expect(rangesOf({ name: 'two', autoAssign: true, addresses: ['192.168.29.110 - 192.168.29.199', '198.51.100.0/28'] })).toEqual([
    { first: '192.168.29.110', last: '192.168.29.199' },
    { first: '198.51.100.0', last: '198.51.100.15' },
  ]);
});

it('an advertisement without pools is one of all', () => {
  expect(advertisementText(advertisement({ name: 'l2-advert', spec: {} }))).toBe('l2-advert of all pools');
  expect(advertisementText(advertisement({ name: 'l2-advert', spec: { ipAddressPools: ['tenant-pool', 'admin-pool'] } }))).toBe(
    'l2-advert of admin-pool and tenant-pool',
  );
});
