import { describe, expect, it } from 'vitest';
import { allOf, anyPort, includesProtocol, intersection, portsText } from './port-ranges.ts';

const tcp = (first: number, last = first) => [{ protocol: 'TCP', first, last }];

describe('what two rules open together', () => {
  it.each([
    ['the same port', tcp(5432), tcp(5432), 'TCP 5432'],
    ['everything and one port', anyPort, tcp(5432), 'TCP 5432'],
    ['one port and everything', tcp(5432), anyPort, 'TCP 5432'],
    ['ranges that overlap', tcp(80, 443), tcp(100, 9000), 'TCP 100-443'],
    ['ranges side by side', tcp(1, 79), tcp(80), ''],
    ['other protocols', [allOf('UDP')], [allOf('TCP')], ''],
    ['everything twice', anyPort, anyPort, 'every port and protocol'],
  ])('%s', (_, one, other, expected) => {
    expect(portsText(intersection(one, other))).toBe(expected);
  });
});

describe('a protocol', () => {
  it.each([
    ['is in a rule for everything', anyPort, true],
    ['is in a rule for its ports', tcp(80), true],
    ['is not in a rule for another one', [allOf('UDP')], false],
  ])('%s', (_, ranges, expected) => {
    expect(includesProtocol(ranges, 'TCP')).toBe(expected);
  });
});
