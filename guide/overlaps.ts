import ipaddr from 'ipaddr.js';

/** A range of IPv4 addresses: a CIDR, or `first-last` as MetalLB writes it. */
export interface NamedRange {
  readonly name: string;
  readonly range: string;
}

/** The pairs that have an address in common, by name: `pods and lan`. Throws for what is no range. */
export function overlaps(ranges: readonly NamedRange[]): string[] {
  const bounds = ranges.map(({ name, range }) => ({ name, ...boundsOf(range) }));
  return bounds.flatMap((one, index) =>
    bounds
      .slice(index + 1)
      .flatMap((other) => (one.first <= other.last && other.first <= one.last ? [`${one.name} and ${other.name}`] : [])),
  );
}

function boundsOf(range: string): { first: number; last: number } {
  const [first = '', last] = range.split('-');
  if (last !== undefined) return { first: numberOf(ipaddr.IPv4.parse(first)), last: numberOf(ipaddr.IPv4.parse(last)) };
  return { first: numberOf(ipaddr.IPv4.networkAddressFromCIDR(range)), last: numberOf(ipaddr.IPv4.broadcastAddressFromCIDR(range)) };
}

function numberOf({ octets }: ipaddr.IPv4): number {
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
