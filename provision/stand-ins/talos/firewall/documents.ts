import type { ConfigDocument } from '../../../../harness/platform/talos/machine-config/decode.ts';
import type { Firewall, IngressRule, PortRange } from './chains.ts';

/** The firewall that a machine configuration asks for. */
export function firewallOf(documents: readonly ConfigDocument[]): Firewall {
  const main = documents.find(({ kind }) => kind === 'v1alpha1')?.value as MainDocument | undefined;
  const action = documents.find(({ kind }) => kind === 'NetworkDefaultActionConfig')?.value['ingress'];
  return {
    defaultAction: action === 'block' ? 'block' : 'accept',
    rules: documents.filter(({ kind }) => kind === 'NetworkRuleConfig').map(({ value }) => ingressRule(value as unknown as RuleDocument)),
    ...clusterSubnets(main?.cluster?.network),
    hostDns: main?.machine?.features?.hostDNS?.forwardKubeDNSToHost ?? false,
  };
}

/** Talos's own subnets where the configuration names none. */
function clusterSubnets({ podSubnets = ['10.244.0.0/16'], serviceSubnets = ['10.96.0.0/12'] }: ClusterNetwork = {}): Pick<
  Firewall,
  'podSubnets' | 'serviceSubnets'
> {
  return { podSubnets, serviceSubnets };
}

interface ClusterNetwork {
  readonly podSubnets?: readonly string[];
  readonly serviceSubnets?: readonly string[];
}

interface MainDocument {
  readonly cluster?: { readonly network?: ClusterNetwork };
  readonly machine?: { readonly features?: { readonly hostDNS?: { readonly forwardKubeDNSToHost?: boolean } } };
}

interface RuleDocument {
  readonly name: string;
  readonly portSelector?: { readonly protocol?: string; readonly ports?: readonly (number | string)[] };
  readonly ingress?: readonly { readonly subnet: string; readonly except?: string }[];
}

function ingressRule({ name, portSelector, ingress }: RuleDocument): IngressRule {
  return {
    name,
    protocol: portSelector?.protocol ?? 'tcp',
    ports: (portSelector?.ports ?? []).flatMap((port) => portRange(port) ?? []),
    subnets: (ingress ?? []).map(({ subnet }) => subnet),
    except: (ingress ?? []).flatMap(({ except }) => (except === undefined || except === '' ? [] : [except])),
  };
}

/** A single port or `LOW-HIGH`; undefined when it is neither. */
export function portRange(port: number | string): PortRange | undefined {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(port));
  if (found === null) return undefined;
  const lo = Number(found[1]);
  const hi = Number(found[2] ?? found[1]);
  return lo <= 65_535 && hi <= 65_535 ? { lo, hi } : undefined;
}
