/** Ports of one protocol that a policy opens. `any` is every protocol, those without ports included. */
export interface PortRange {
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
}

const lastPort = 65_535;

/** Everything, as a rule without ports opens it. */
export const anyPort: readonly PortRange[] = [{ protocol: 'any', first: 0, last: lastPort }];

/** All ports of a protocol. */
export function allOf(protocol: string): PortRange {
  return { protocol, first: 0, last: lastPort };
}

/** What two lists of ranges have in common. */
export function intersection(one: readonly PortRange[], other: readonly PortRange[]): PortRange[] {
  return one.flatMap((a) =>
    other.flatMap((b) => {
      const [first, last] = [Math.max(a.first, b.first), Math.min(a.last, b.last)];
      const isSame = a.protocol === b.protocol || a.protocol === 'any' || b.protocol === 'any';
      return isSame && first <= last ? [{ protocol: a.protocol === 'any' ? b.protocol : a.protocol, first, last }] : [];
    }),
  );
}

/** Whether traffic of a protocol may pass. */
export function includesProtocol(ranges: readonly PortRange[], protocol: string): boolean {
  return ranges.some((range) => range.protocol === 'any' || range.protocol === protocol);
}

/** For example `TCP 5432, UDP 53-60` or `every port and protocol`. */
export function portsText(ranges: readonly PortRange[]): string {
  return ranges.map(rangeText).join(', ');
}

function rangeText({ protocol, first, last }: PortRange): string {
  const isWhole = first <= 1 && last === lastPort;
  if (isWhole) return protocol === 'any' ? 'every port and protocol' : `${protocol}, every port`;
  return first === last ? `${protocol} ${first}` : `${protocol} ${first}-${last}`;
}
