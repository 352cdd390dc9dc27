import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressesOf, isWithin, nextAddress, rangeOf, without } from './address.ts';

const tenant = { first: '192.168.29.110', last: '192.168.29.199' };
const text = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
const addressNumber = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('an address within 192.168.29.110-192.168.29.199', () => {
  it.each(['192.168.29.110', '192.168.29.111', '192.168.29.150', '192.168.29.199'])('is %s', (address) => {
    expect(isWithin(address, tenant)).toBe(true);
  });

  it.each(['192.168.29.109', '192.168.29.200', '192.168.28.150', '192.168.30.150', '0.0.0.0', '255.255.255.255', '192.168.29.11'])(
    'is not %s',
    (address) => {
      expect(isWithin(address, tenant)).toBe(false);
    },
  );

  it.each([
    '',
    ' 192.168.29.150',
    '192.168.29.150\n',
    '192.168.29.150/32',
    '192.168.29.150:80',
    '192.168.29.150.example.com',
    '192.168.29.1500',
    '192.168.29.-150',
    '::ffff:192.168.29.150',
    'no address',
    'undefined',
  ])('is not the text %j', (address) => {
    expect(isWithin(address, tenant)).toBe(false);
  });

  it.each(['192.168.7574', '3232243094', '0xc0.0xa8.0x1d.0x96', '0300.0250.035.0226'])(
    'is not %s, which is no dotted decimal address',
    (address) => {
      expect(isWithin(address, tenant)).toBe(false);
    },
  );
});

describe('a range', () => {
  it('of one address holds that address', () => {
    expect(isWithin('10.0.0.1', { first: '10.0.0.1', last: '10.0.0.1' })).toBe(true);
  });

  it('whose ends are the wrong way round holds nothing', () => {
    expect(isWithin('192.168.29.150', { first: tenant.last, last: tenant.first })).toBe(false);
  });

  it('holds exactly the addresses between its ends, over all of IPv4', () => {
    fc.assert(
      fc.property(addressNumber, addressNumber, addressNumber, (address, first, last) => {
        return isWithin(text(address), { first: text(first), last: text(last) }) === (first <= address && address <= last);
      }),
    );
  });
});

describe('the addresses of a range', () => {
  it('are those from its first to its last, over the end of an octet too', () => {
    expect(addressesOf({ first: '192.168.29.254', last: '192.168.30.1' })).toEqual([
      '192.168.29.254',
      '192.168.29.255',
      '192.168.30.0',
      '192.168.30.1',
    ]);
  });

  it('are ninety for the tenants', () => {
    expect(addressesOf(tenant)).toHaveLength(90);
  });

  it('all lie in it', () => {
    fc.assert(
      fc.property(addressNumber, fc.integer({ min: 0, max: 300 }), (first, more) => {
        const range = { first: text(first), last: text(Math.min(first + more, 2 ** 32 - 1)) };
        return addressesOf(range).every((address) => isWithin(address, range));
      }),
    );
  });
});

describe('the address that follows', () => {
  it.each([
    ['192.168.29.199', '192.168.29.200'],
    ['10.111.255.255', '10.112.0.0'],
  ])('%s is %s', (address, next) => {
    expect(nextAddress(address)).toBe(next);
  });
});

describe('a range without others', () => {
  const whole = { first: '10.0.0.0', last: '10.0.0.255' };
  it.each([
    ['nothing is taken away', [], [whole]],
    ['a part in the middle', [rangeOf('10.0.0.64/26')], [rangeOf('10.0.0.0/26'), rangeOf('10.0.0.128/25')]],
    ['its begin', [rangeOf('10.0.0.0/25')], [rangeOf('10.0.0.128/25')]],
    ['its end, and more', [rangeOf('10.0.0.128-10.0.3.0')], [rangeOf('10.0.0.0/25')]],
    ['all of it, in two parts in any order', [rangeOf('10.0.0.128/25'), rangeOf('10.0.0.0/25')], []],
    ['all of it by a wider one', [rangeOf('10.0.0.0/8')], []],
    ['addresses elsewhere', [rangeOf('9.0.0.0/8'), rangeOf('11.0.0.0/8')], [whole]],
  ])('%s', (_, others, expected) => {
    expect(without(whole, others)).toEqual(expected);
  });
});
