import { describe, expect, it } from 'vitest';
import { lanAddresses } from './lan-addresses.ts';

const lan = { cidr: '192.168.29.0/24', vip: '192.168.29.10' };

describe("a node's addresses of the LAN", () => {
  it.each([
    ['its own alone', ['192.168.29.21/24', '10.244.1.0/32', '127.0.0.1/8'], ['192.168.29.21/24']],
    ['a second one with another prefix', ['192.168.29.21/24', '192.168.29.50/32'], ['192.168.29.21/24', '192.168.29.50/32']],
    ['its own beside the virtual IP, which moves', ['192.168.29.11/24', '192.168.29.10/32'], ['192.168.29.11/24']],
    ['the virtual IP as an address of its own', ['192.168.29.10/24'], ['192.168.29.10/24']],
    ['none of an IPv6 network', ['fe80::1/64'], []],
  ])('are %s', (_, addresses, expected) => {
    expect(lanAddresses(addresses, lan)).toEqual(expected);
  });
});
