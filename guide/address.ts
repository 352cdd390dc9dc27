import ipaddr from 'ipaddr.js';

/** IPv4 addresses from the first to the last, both included. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** Whether an IPv4 address lies in a range, both ends included; false when it is no dotted decimal address. */
export function isWithin(address: string, { first, last }: AddressRange): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  const number = asNumber(address);
  return number >= asNumber(first) && number <= asNumber(last);
}

/** Every address of a range, in order. */
export function addressesOf({ first, last }: AddressRange): string[] {
  const begin = asNumber(first);
  return Array.from({ length: asNumber(last) - begin + 1 }, (_, index) => asText(begin + index));
}

function asNumber(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

function asText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}
