import ipaddr from 'ipaddr.js';

/** Whether an IPv4 address lies in a range, both ends included; false when it is no dotted decimal address. */
export function isWithin(address: string, { first, last }: { first: string; last: string }): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  const number = asNumber(address);
  return number >= asNumber(first) && number <= asNumber(last);
}

function asNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
