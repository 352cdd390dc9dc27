import type { AddressMatch, Chain, PortRange, Rule } from './chains.ts';
import { addressSet } from './ip-set.ts';

/** Input for `nft -f`: Talos's own table, replaced as a whole; without chains the table goes. */
export function ruleset(chains: readonly Chain[]): string {
  const removal = 'table inet talos\ndelete table inet talos\n';
  if (chains.length === 0) return removal;
  return `${removal}table inet talos {\n${chains.map(chainText).join('\n')}}\n`;
}

function chainText({ name, type, hook, priority, policy, rules }: Chain): string {
  const lines = rules.flatMap(ruleLines).map((line) => `    ${line}\n`);
  return `  chain ${name} {\n    type ${type} hook ${hook} priority ${priority}; policy ${policy};\n${lines.join('')}  }\n`;
}

/** One rule is up to two lines: sets hold addresses of one family. */
function ruleLines(rule: Rule): string[] {
  const interfaces =
    rule.matchIIfName === undefined ? [] : [`iifname { ${rule.matchIIfName.interfaceName.map((name) => `"${name}"`).join(', ')} }`];
  const state = rule.matchConntrackState === undefined ? [] : [`ct state { ${rule.matchConntrackState.states.join(', ')} }`];
  const limit = rule.matchLimit === undefined ? [] : [`limit rate ${rule.matchLimit.packetRatePerSecond}/second`];
  return addressMatches(rule).map((addresses) =>
    [...interfaces, ...state, ...addresses, ...layer4(rule.matchLayer4), ...limit, 'counter', rule.verdict].join(' '),
  );
}

function layer4(match: Rule['matchLayer4']): string[] {
  if (match === undefined) return [];
  const ports =
    match.matchDestinationPort === undefined ? [] : [`th dport { ${match.matchDestinationPort.ranges.map(portText).join(', ')} }`];
  const types = match.matchICMPType === undefined ? [] : [`icmp type { ${match.matchICMPType.types.join(', ')} }`];
  return [`meta l4proto ${match.protocol === 'icmpv6' ? 'ipv6-icmp' : match.protocol}`, ...ports, ...types];
}

function portText({ lo, hi }: PortRange): string {
  return lo === hi ? String(lo) : `${lo}-${hi}`;
}

/** The address conditions of a rule for each family. A rule without conditions matches both families, and stands once. */
function addressMatches({ matchSourceAddress, matchDestinationAddress }: Rule): string[][] {
  if (matchSourceAddress === undefined && matchDestinationAddress === undefined) return [[]];
  return (['v4', 'v6'] as const).flatMap((family) => {
    const source = addressMatch(family, 'saddr', matchSourceAddress);
    const destination = addressMatch(family, 'daddr', matchDestinationAddress);
    return source === undefined || destination === undefined ? [] : [[`meta nfproto ip${family}`, ...source, ...destination]];
  });
}

/** The condition on one address; undefined when no address of the family can fulfil it. */
function addressMatch(family: 'v4' | 'v6', field: string, match: AddressMatch | undefined): string[] | undefined {
  if (match === undefined) return [];
  const elements = addressSet(match.includeSubnets, match.excludeSubnets)[family];
  const inverted = match.invert === true;
  if (elements === 'all') return inverted ? undefined : [];
  if (elements.length === 0) return inverted ? [] : undefined;
  return [`${family === 'v4' ? 'ip' : 'ip6'} ${field} ${inverted ? '!= ' : ''}{ ${elements.join(', ')} }`];
}
