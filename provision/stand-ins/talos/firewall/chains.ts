/**
 * The chains that Talos makes of its firewall documents (Talos v1.11: controllers/network/nftables_chain_config.go), as data:
 * the same that its NfTablesChain resources show.
 */

export interface AddressMatch {
  readonly includeSubnets: readonly string[];
  readonly excludeSubnets?: readonly string[];
  readonly invert?: true;
}

export interface PortRange {
  readonly lo: number;
  readonly hi: number;
}

export interface Rule {
  readonly matchIIfName?: { readonly interfaceName: readonly string[]; readonly operator: '==' };
  readonly matchConntrackState?: { readonly states: readonly ('new' | 'established' | 'related' | 'invalid')[] };
  readonly matchSourceAddress?: AddressMatch;
  readonly matchDestinationAddress?: AddressMatch;
  readonly matchLayer4?: {
    readonly protocol: string;
    readonly matchDestinationPort?: { readonly ranges: readonly PortRange[] };
    readonly matchICMPType?: { readonly types: readonly string[] };
  };
  readonly matchLimit?: { readonly packetRatePerSecond: number };
  readonly anonymousCounter: true;
  readonly verdict: 'accept' | 'drop';
}

export interface Chain {
  readonly name: 'ingress' | 'prerouting';
  readonly type: 'filter';
  readonly hook: 'input' | 'prerouting';
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly Rule[];
}

/** A NetworkRuleConfig document. */
export interface IngressRule {
  readonly name: string;
  readonly protocol: string;
  readonly ports: readonly PortRange[];
  readonly subnets: readonly string[];
  readonly except: readonly string[];
}

export interface Firewall {
  readonly defaultAction: 'accept' | 'block';
  readonly rules: readonly IngressRule[];
  readonly podSubnets: readonly string[];
  readonly serviceSubnets: readonly string[];
  readonly hostDns: boolean;
}

/** Netfilter priorities: mangle is -150, destination translation -100; Talos puts its chains 10 beside them. */
const ingressPriority = -140;
const preroutingPriority = -110;

/** Address of Talos's name server for pods (machinery: constants.HostDNSAddress). */
const hostDnsAddress = '169.254.116.108/32';

const trustedInterfaces: Rule = {
  matchIIfName: { interfaceName: ['lo', 'siderolink', 'kubespan'], operator: '==' },
  anonymousCounter: true,
  verdict: 'accept',
};

/** Both chains; none when no document asks for a firewall. */
export function chainsOf(firewall: Firewall, ownAddresses: readonly string[]): Chain[] {
  if (firewall.defaultAction === 'accept' && firewall.rules.length === 0) return [];
  return [ingressChain(firewall), preroutingChain(firewall, ownAddresses)];
}

function ingressChain(firewall: Firewall): Chain {
  const blocks = firewall.defaultAction === 'block';
  return {
    name: 'ingress',
    type: 'filter',
    hook: 'input',
    priority: ingressPriority,
    policy: blocks ? 'drop' : 'accept',
    rules: [trustedInterfaces, ...(blocks ? alwaysOpen(firewall) : []), ...firewall.rules.map((rule) => ruleOf(rule, firewall))],
  };
}

/** What stays open under `block`: answers, ping at 5 packets a second, host DNS, traffic between pods and services. */
function alwaysOpen({ podSubnets, serviceSubnets, hostDns }: Firewall): Rule[] {
  const clusterSubnets = { includeSubnets: [...podSubnets, ...serviceSubnets] };
  const icmp = (protocol: string): Rule => ({
    matchLayer4: { protocol },
    matchLimit: { packetRatePerSecond: 5 },
    anonymousCounter: true,
    verdict: 'accept',
  });
  const dns = (protocol: string): Rule => ({
    matchSourceAddress: clusterSubnets,
    matchDestinationAddress: { includeSubnets: [hostDnsAddress] },
    matchLayer4: { protocol, matchDestinationPort: { ranges: [{ lo: 53, hi: 53 }] } },
    anonymousCounter: true,
    verdict: 'accept',
  });
  return [
    { matchConntrackState: { states: ['established', 'related'] }, anonymousCounter: true, verdict: 'accept' },
    { matchConntrackState: { states: ['invalid'] }, anonymousCounter: true, verdict: 'drop' },
    {
      matchLayer4: {
        protocol: 'icmp',
        matchICMPType: { types: ['timestamp-request', 'timestamp-reply', 'address-mask-request', 'address-mask-reply'] },
      },
      anonymousCounter: true,
      verdict: 'drop',
    },
    icmp('icmp'),
    icmp('icmpv6'),
    ...(hostDns ? [dns('udp'), dns('tcp')] : []),
    { matchSourceAddress: clusterSubnets, matchDestinationAddress: clusterSubnets, anonymousCounter: true, verdict: 'accept' },
  ];
}

/** Before addresses are translated, so that a node port is judged by the port that was dialled. */
function preroutingChain(firewall: Firewall, ownAddresses: readonly string[]): Chain {
  const fresh = { matchConntrackState: { states: ['new'] as const } };
  const drop = (protocol: string): Rule => ({ ...fresh, matchLayer4: { protocol }, anonymousCounter: true, verdict: 'drop' });
  return {
    name: 'prerouting',
    type: 'filter',
    hook: 'prerouting',
    priority: preroutingPriority,
    policy: 'accept',
    rules: [
      trustedInterfaces,
      { matchDestinationAddress: { includeSubnets: ownAddresses, invert: true }, anonymousCounter: true, verdict: 'accept' },
      ...firewall.rules.map((rule) => ({ ...fresh, ...ruleOf(rule, firewall) })),
      ...(firewall.defaultAction === 'block' ? [drop('tcp'), drop('udp')] : []),
    ],
  };
}

/** Under `block` a rule admits its sources, under `accept` it drops all others. */
function ruleOf({ protocol, ports, subnets, except }: IngressRule, { defaultAction }: Firewall): Rule {
  const blocks = defaultAction === 'block';
  return {
    matchSourceAddress: {
      includeSubnets: subnets,
      ...(except.length > 0 ? { excludeSubnets: except } : {}),
      ...(blocks ? {} : { invert: true as const }),
    },
    matchLayer4: { protocol, matchDestinationPort: { ranges: ports.toSorted((a, b) => a.lo - b.lo) } },
    anonymousCounter: true,
    verdict: blocks ? 'accept' : 'drop',
  };
}
