import { describe, expect, it } from 'vitest';
import { type CalicoPolicy, calicoPolicy } from './calico-policy.ts';
import { type Direction, type PolicyNamespace, openingText, openings } from './policy-model.ts';

const namespace = (name: string, labels: Record<string, string> = {}, pods: PolicyNamespace['pods'] = []): PolicyNamespace => ({
  name,
  labels,
  pods,
});
const alice = namespace('canine-alice', { 'canine-tenant': 'alice' }, [{ app: 'web' }]);
const bob = namespace('canine-bob', { 'canine-tenant': 'bob' });

const opened = (direction: Direction, spec: CalicoPolicy['spec'], where?: string): string[] => {
  const metadata = where === undefined ? { name: 'leak' } : { name: 'leak', namespace: where };
  const isolated = calicoPolicy({ metadata: { name: 'closed' }, spec: { types: ['Ingress', 'Egress'] } }, ['10.244.0.0/16']);
  const leak = calicoPolicy({ metadata, spec }, ['10.244.0.0/16']);
  return openings([isolated, leak], { own: bob, other: alice, direction }).map(openingText);
};
const everything = 'every port and protocol';

describe("a NetworkPolicy of Calico in a tenant's namespace", () => {
  const own = "Calico's NetworkPolicy canine-bob/leak";
  const allow = { action: 'Allow', protocol: 'TCP', destination: { ports: [5432, '8000:8001', 'http'] } };
  it.each<[string, object, string]>([
    [
      'admits a namespace by its name',
      { ...allow, source: { namespaceSelector: "projectcalico.org/name == 'canine-alice'" } },
      'TCP 5432, TCP 8000-8001, TCP, every port',
    ],
    ['admits everybody', { action: 'Allow' }, everything],
    [
      'admits pods by label in all namespaces',
      { action: 'Allow', source: { namespaceSelector: 'all()', selector: "app == 'web'" } },
      everything,
    ],
    ['admits addresses of pods', { action: 'Allow', source: { nets: ['10.0.0.0/8'] } }, everything],
  ])('%s', (_, rule, ports) => {
    expect(opened('ingress', { ingress: [rule as never] }, 'canine-bob')).toEqual([`${own}: ${ports}`]);
  });

  it.each<[string, object]>([
    ['denies', { action: 'Deny' }],
    ['admits pods of its own namespace, which it names by label alone', { action: 'Allow', source: { selector: "app == 'web'" } }],
    ['admits another namespace', { action: 'Allow', source: { namespaceSelector: "projectcalico.org/name == 'canine'" } }],
    [
      'admits pods with a label that nobody there has',
      { action: 'Allow', source: { namespaceSelector: 'all()', selector: "app == 'db'" } },
    ],
    ['admits networks without pods', { action: 'Allow', source: { nets: ['10.0.0.0/8'], notNets: ['10.244.0.0/16'] } }],
    ['admits nodes', { action: 'Allow', source: { namespaceSelector: 'global()' } }],
    ['admits a Service of its own namespace', { action: 'Allow', source: { services: { name: 'web' } } }],
  ])('opens nothing when it %s', (_, rule) => {
    expect(opened('ingress', { ingress: [rule as never] }, 'canine-bob')).toEqual([]);
  });

  it('of another namespace says nothing about this one', () => {
    expect(opened('ingress', { ingress: [{ action: 'Allow' }] }, 'canine-alice')).toEqual([]);
  });
});

describe('a GlobalNetworkPolicy', () => {
  it.each<[string, CalicoPolicy['spec'], number]>([
    ['that selects the tenant by its name', { namespaceSelector: "projectcalico.org/name starts with 'canine-'" }, 1],
    ['that selects it by its pods', { selector: "projectcalico.org/namespace == 'canine-bob'" }, 1],
    ['that selects everybody', {}, 1],
    ['that selects tenants without a label, as it has', { namespaceSelector: '!has(canine-tenant)' }, 0],
    ['that is for endpoints of hosts', { selector: 'all()', preDNAT: true }, 0],
    ['that selects by a label that nothing sets', { namespaceSelector: "name starts with 'canine-'" }, 0],
  ])('%s', (_, selecting, count) => {
    expect(opened('egress', { ...selecting, egress: [{ action: 'Allow' }], types: ['Egress'] })).toHaveLength(count);
  });

  it('without types has those of its rules', () => {
    const { isolates } = calicoPolicy({ metadata: { name: 'one' }, spec: { egress: [{ action: 'Allow' }] } }, []);
    expect(isolates).toEqual(['egress']);
  });
});
