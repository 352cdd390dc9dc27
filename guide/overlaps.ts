import { overlap, rangeOf } from './address.ts';

/** A range of IPv4 addresses with a name: a CIDR, or `first-last` as MetalLB writes it. */
export interface NamedRange {
  readonly name: string;
  readonly range: string;
}

/** The pairs that have an address in common, by name: `pods and lan`. Throws for a text that is no range. */
export function overlaps(ranges: readonly NamedRange[]): string[] {
  const bounds = ranges.map(({ name, range }) => ({ name, ...rangeOf(range) }));
  return bounds.flatMap((one, index) =>
    bounds.slice(index + 1).flatMap((other) => (overlap(one, other) ? [`${one.name} and ${other.name}`] : [])),
  );
}
