import type { CalicoPeer, CalicoPolicySpec, CalicoRule } from '../../fixtures/calico/policy-spec.ts';
import { type Labels, parseSelector } from '../../fixtures/calico/selector.ts';
import { type Direction, type Policy, type PolicyNamespace, holdsPodAddress } from './policy-model.ts';
import { type PortRange, allOf, anyPort } from './port-ranges.ts';

/** A NetworkPolicy or GlobalNetworkPolicy of projectcalico.org/v3. */
export interface CalicoPolicy {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: CalicoPolicySpec;
}

/** Reads a policy of Calico (docs.tigera.io, NetworkPolicy). Throws a SyntaxError for a selector that is none. */
export function calicoPolicy({ metadata: { name, namespace }, spec }: CalicoPolicy, podNetworks: readonly string[]): Policy {
  const { ingress = [], egress = [] } = spec;
  const types = spec.types ?? [...(ingress.length > 0 || egress.length === 0 ? ['Ingress'] : []), ...(egress.length > 0 ? ['Egress'] : [])];
  const allow = (direction: Direction, rules: readonly CalicoRule[]): Policy['allows'] =>
    rules
      .filter(({ action }) => action === 'Allow')
      .map((rule) => ({
        direction,
        ports: portsOf(rule),
        admits: (other) => admits(direction === 'ingress' ? rule.source : rule.destination, { namespace, other, podNetworks }),
      }));
  return {
    name: namespace === undefined ? `GlobalNetworkPolicy ${name}` : `Calico's NetworkPolicy ${namespace}/${name}`,
    isolates: (['ingress', 'egress'] as const).filter((direction) => types.some((type) => type.toLowerCase() === direction)),
    selects: (own) => {
      if (spec.preDNAT === true) return 'none';
      if (namespace !== undefined && own.name !== namespace) return 'none';
      if (namespace === undefined && !selectsNamespace(spec.namespaceSelector, own)) return 'none';
      return selectsPods(spec.selector, own);
    },
    allows: [...allow('ingress', ingress), ...allow('egress', egress)],
  };
}

function portsOf({ protocol, destination }: CalicoRule): readonly PortRange[] {
  const { ports = [] } = destination ?? {};
  if (protocol === undefined) return anyPort;
  const name = String(protocol).toUpperCase();
  return ports.length === 0 ? [allOf(name)] : ports.map((port) => portRange(name, port));
}

/** A number, `80:90`, or the name of a port, which may be any. */
function portRange(protocol: string, port: number | string): PortRange {
  const [first = Number.NaN, last = first] = String(port).split(':').map(Number);
  return Number.isNaN(first) ? allOf(protocol) : { protocol, first, last };
}

/** Without a namespace's selector, a policy of a namespace means its own (docs.tigera.io, EntityRule). */
function admits(
  peer: CalicoPeer | undefined,
  { namespace, other, podNetworks }: { namespace: string | undefined; other: PolicyNamespace; podNetworks: readonly string[] },
): boolean {
  const { nets = [], notNets = [], selector, namespaceSelector, serviceAccounts, services } = peer ?? {};
  const holdsPods = nets.length === 0 || nets.some((cidr) => holdsPodAddress({ cidr, except: notNets }, podNetworks));
  if (!holdsPods) return false;
  if (services !== undefined) return (services.namespace ?? namespace) === other.name;
  const namesPods = selector !== undefined || serviceAccounts !== undefined;
  if (namespaceSelector === undefined && namesPods && namespace !== undefined) return other.name === namespace;
  return selectsNamespace(namespaceSelector, other) && selectsPods(selector, other) !== 'none';
}

/** `global()` is what belongs to no namespace: nodes and networks. */
function selectsNamespace(selector: string | undefined, { name, labels }: PolicyNamespace): boolean {
  if (selector?.trim() === 'global()') return false;
  return parseSelector(selector ?? '')({ ...labels, 'projectcalico.org/name': name });
}

/** Tried on a pod without labels and on those that live there, each with the labels that Calico adds. */
function selectsPods(selector: string | undefined, { name, pods }: PolicyNamespace): ReturnType<Policy['selects']> {
  const selects = parseSelector(selector ?? '');
  const asCalico = (labels: Labels): Labels => ({
    ...labels,
    'projectcalico.org/namespace': name,
    'projectcalico.org/orchestrator': 'k8s',
  });
  const results = [{}, ...pods].map((labels) => selects(asCalico(labels)));
  if (results.every(Boolean)) return 'every pod';
  return results.some(Boolean) ? 'some pods' : 'none';
}
