import ipaddr from 'ipaddr.js';

/** IPv4 addresses from the first to the last, both included. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** The range that a text names: a CIDR, `first-last` as MetalLB writes it, or a single address. Throws for any other text. */
export function rangeOf(text: string): AddressRange {
  const [first = '', last] = text.split('-').map((each) => each.trim());
  if (last !== undefined) return { first: ipaddr.IPv4.parse(first).toString(), last: ipaddr.IPv4.parse(last).toString() };
  if (!text.includes('/')) return { first: ipaddr.IPv4.parse(first).toString(), last: first };
  return {
    first: ipaddr.IPv4.networkAddressFromCIDR(text).toString(),
    last: ipaddr.IPv4.broadcastAddressFromCIDR(text).toString(),
  };
}

/** Whether an IPv4 address lies in a range, both ends included; false when it is no dotted decimal address. */
export function isWithin(address: string, { first, last }: AddressRange): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  const number = asNumber(address);
  return number >= asNumber(first) && number <= asNumber(last);
}

/** Whether an IPv4 address lies in a network, its first and last address included. */
export function isWithinCidr(address: string, cidr: string): boolean {
  return isWithin(address, rangeOf(cidr));
}

/** Whether two ranges have an address in common. */
export function overlap(one: AddressRange, other: AddressRange): boolean {
  return asNumber(one.first) <= asNumber(other.last) && asNumber(other.first) <= asNumber(one.last);
}

/** Every address of a range, in order. */
export function addressesOf({ first, last }: AddressRange): string[] {
  const begin = asNumber(first);
  return Array.from({ length: asNumber(last) - begin + 1 }, (_, index) => asText(begin + index));
}

/** The address that follows another. */
export function nextAddress(address: string): string {
  return asText(asNumber(address) + 1);
}

function asNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function asText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}
