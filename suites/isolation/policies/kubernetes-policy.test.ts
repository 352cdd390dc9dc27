import { describe, expect, it } from 'vitest';
import { type LabelSelector, type NetworkPolicy, isSelected, kubernetesPolicy } from './kubernetes-policy.ts';
import { type PolicyNamespace, openingText, openings, waysBetween } from './policy-model.ts';

const namespace = (name: string, labels: Record<string, string> = {}): PolicyNamespace => ({
  name,
  labels: { 'kubernetes.io/metadata.name': name, ...labels },
  pods: [],
});
const [alice, bob] = [namespace('canine-alice', { 'canine-tenant': 'alice' }), namespace('canine-bob', { 'canine-tenant': 'bob' })];
const podNetworks = ['10.244.0.0/16'];

const policy = (name: string, where: string, spec: NetworkPolicy['spec']) =>
  kubernetesPolicy({ metadata: { name, namespace: where }, spec }, podNetworks);
/** The guide's template with its corrections. */
const template = (where: string) => [
  policy('deny-all-default', where, {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ podSelector: {} }] }],
    egress: [
      { to: [{ podSelector: {} }] },
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          },
        ],
        ports: [{ protocol: 'UDP', port: 53 }],
      },
      { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] } }] },
    ],
  }),
  policy('allow-published', where, {
    podSelector: { matchLabels: { exposure: 'public' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.0.0/16'] } }] }],
  }),
];
const both = [...template('canine-alice'), ...template('canine-bob')];
const toAlice = { matchLabels: { 'kubernetes.io/metadata.name': 'canine-alice' } };
const inward = (extra: ReturnType<typeof policy>[]): string[] =>
  openings([...both, ...extra], { own: bob, other: alice, direction: 'ingress' }).map(openingText);
const bobAdmits = (rule: NonNullable<NetworkPolicy['spec']['ingress']>[number], podSelector = {}) => [
  policy('leak', 'canine-bob', { podSelector, policyTypes: ['Ingress'], ingress: [rule] }),
];

describe('the policies of the template', () => {
  it('open nothing between tenants, in either direction', () => {
    expect([...waysBetween(both, alice, bob), ...waysBetween(both, bob, alice)]).toEqual([]);
  });

  it('open everything between the pods of one tenant', () => {
    expect(waysBetween(both, alice, alice).map(openingText)).toEqual([
      'NetworkPolicy canine-alice/deny-all-default and NetworkPolicy canine-alice/deny-all-default: every port and protocol',
    ]);
  });
});

describe('a rule of one tenant that admits another', () => {
  it.each([
    ['by the name of its namespace, one port of 65535', { from: [{ namespaceSelector: toAlice }], ports: [{ port: 5432 }] }, 'TCP 5432'],
    [
      'by a label that all tenants have',
      { from: [{ namespaceSelector: { matchExpressions: [{ key: 'canine-tenant', operator: 'Exists' }] } }] },
      'every port and protocol',
    ],
    ['by every namespace', { from: [{ namespaceSelector: {} }] }, 'every port and protocol'],
    [
      'by labels of its pods, which it sets itself',
      { from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } }] },
      'every port and protocol',
    ],
    [
      'by addresses of pods',
      { from: [{ ipBlock: { cidr: '10.244.180.0/24' } }], ports: [{ protocol: 'UDP', port: 1000, endPort: 2000 }] },
      'UDP 1000-2000',
    ],
    ['by all addresses', { from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.0.0/17'] } }] }, 'every port and protocol'],
    ['without naming anybody', {}, 'every port and protocol'],
    ['at a named port', { from: [{ namespaceSelector: {} }], ports: [{ port: 'http' }] }, 'TCP, every port'],
  ])('%s', (_, rule, ports) => {
    expect(inward(bobAdmits(rule))).toEqual([`NetworkPolicy canine-bob/leak: ${ports}`]);
  });

  it('for a few pods only is an opening, too', () => {
    expect(inward(bobAdmits({ from: [{ namespaceSelector: toAlice }] }, { matchLabels: { app: 'db' } }))).toHaveLength(1);
  });

  it.each([
    ['the own namespace', { from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
    ['a namespace of the platform', { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'canine' } } }] }],
    ['addresses outside the cluster', { from: [{ ipBlock: { cidr: '192.168.29.0/24' } }] }],
    ['addresses that are all excepted', { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.244.0.0/17', '10.244.128.0/17'] } }] }],
  ])('does not when it admits %s', (_, rule) => {
    expect(inward(bobAdmits(rule))).toEqual([]);
  });
});

describe('one half alone', () => {
  it('is no way between tenants', () => {
    expect(waysBetween([...both, ...bobAdmits({ from: [{ namespaceSelector: {} }] })], alice, bob)).toEqual([]);
  });

  it('is one with the other half: the ports that both open', () => {
    const out = policy('out', 'canine-alice', { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {} }] }] });
    const ways = waysBetween([...both, out, ...bobAdmits({ from: [{ namespaceSelector: toAlice }], ports: [{ port: 5432 }] })], alice, bob);
    expect(ways.map(openingText)).toEqual(['NetworkPolicy canine-alice/out and NetworkPolicy canine-bob/leak: TCP 5432']);
  });
});

describe('a tenant without a policy that isolates every pod', () => {
  it('is open by that', () => {
    const [, published] = template('canine-bob');
    expect(openings([published!], { own: bob, other: alice, direction: 'ingress' }).map(openingText)).toEqual([
      'no policy of canine-bob that isolates every pod for ingress: every port and protocol',
    ]);
  });

  it('is open in the direction that the policy leaves out', () => {
    const only = policy('deny-all-default', 'canine-bob', { podSelector: {}, ingress: [] });
    expect(openings([only], { own: bob, other: alice, direction: 'ingress' })).toEqual([]);
    expect(openings([only], { own: bob, other: alice, direction: 'egress' })).toHaveLength(1);
  });
});

describe('a label selector', () => {
  const labels = { app: 'web' };
  const withOperator = (operator: string, values?: string[]): LabelSelector => ({
    matchExpressions: [{ key: 'app', operator, ...(values === undefined ? {} : { values }) }],
  });
  it.each([
    ['an empty one', {}, true],
    ['a label', { matchLabels: { app: 'web' } }, true],
    ['another value', { matchLabels: { app: 'db' } }, false],
    ['In', withOperator('In', ['db', 'web']), true],
    ['NotIn', withOperator('NotIn', ['web']), false],
    ['Exists', withOperator('Exists'), true],
    ['DoesNotExist', withOperator('DoesNotExist'), false],
  ])('%s', (_, selector, expected) => {
    expect(isSelected(labels, selector)).toBe(expected);
  });

  it('with an operator that there is not throws', () => {
    expect(() => isSelected(labels, withOperator('Like'))).toThrow(RangeError);
  });
});
