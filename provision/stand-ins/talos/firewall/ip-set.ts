import { isIPv4, isIPv6 } from 'node:net';

/** An inclusive range of addresses, as numbers. */
interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/** Elements of an nftables set, by family; `all` when every address is in it. */
export interface AddressSet {
  readonly v4: readonly string[] | 'all';
  readonly v6: readonly string[] | 'all';
}

const widths = { v4: 32n, v6: 128n } as const;
type Family = keyof typeof widths;

/** The union of the included subnets less all excluded ones, as Talos builds a rule's sources. */
export function addressSet(include: readonly string[], exclude: readonly string[] = []): AddressSet {
  return { v4: elements('v4', include, exclude), v6: elements('v6', include, exclude) };
}

/** Whether a text is a subnet in CIDR form. */
export function isSubnet(text: string): boolean {
  const [address = '', prefix = ''] = text.split('/');
  const family = familyOf(address);
  return family !== undefined && /^\d{1,3}$/.test(prefix) && BigInt(prefix) <= widths[family];
}

function elements(family: Family, include: readonly string[], exclude: readonly string[]): readonly string[] | 'all' {
  const own = (subnets: readonly string[]): Range[] =>
    subnets.filter((subnet) => familyOf(subnet.split('/')[0] ?? '') === family).map(rangeOf);
  const ranges = own(exclude).reduce(subtract, union(own(include)));
  const [first] = ranges;
  if (ranges.length === 1 && first?.from === 0n && first.to === (1n << widths[family]) - 1n) return 'all';
  return ranges.map(({ from, to }) => (from === to ? textOf(from, family) : `${textOf(from, family)}-${textOf(to, family)}`));
}

function union(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1);
    if (last !== undefined && range.from <= last.to + 1n)
      merged[merged.length - 1] = { from: last.from, to: range.to > last.to ? range.to : last.to };
    else merged.push(range);
  }
  return merged;
}

function subtract(ranges: readonly Range[], hole: Range): Range[] {
  return ranges.flatMap(({ from, to }) => {
    if (hole.to < from || hole.from > to) return [{ from, to }];
    return [
      { from, to: hole.from - 1n },
      { from: hole.to + 1n, to },
    ].filter((left) => left.from <= left.to);
  });
}

function rangeOf(subnet: string): Range {
  const [address = '', prefix] = subnet.split('/');
  const width = widths[familyOf(address) ?? 'v4'];
  const hostBits = width - BigInt(prefix ?? width);
  const from = (numberOf(address) >> hostBits) << hostBits;
  return { from, to: from + (1n << hostBits) - 1n };
}

function familyOf(address: string): Family | undefined {
  if (isIPv4(address)) return 'v4';
  return isIPv6(address) ? 'v6' : undefined;
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function textOf(value: bigint, family: Family): string {
  if (family === 'v4') return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  return Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 65_535n).toString(16)).join(':');
}
