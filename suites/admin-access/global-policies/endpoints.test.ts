import { describe, expect, it } from 'vitest';
import { type Endpoint, selectedBy } from './endpoints.ts';

const inNamespace = (namespace: string, labels: Record<string, string>): Endpoint => ({
  name: `pod ${namespace}/web`,
  labels: { app: 'web', 'projectcalico.org/namespace': namespace },
  namespace: { name: namespace, labels: { 'projectcalico.org/name': namespace, ...labels } },
});
const endpoints = [
  inNamespace('canine', {}),
  inNamespace('canine-alice', { 'canine-tenant': 'alice' }),
  { name: 'host cp01', labels: { role: 'control-plane-host' }, namespace: undefined },
];

describe('what a GlobalNetworkPolicy acts on', () => {
  it.each([
    ["the guide's platform", { selector: "projectcalico.org/namespace in {'canine','opencost'}" }, ['pod canine/web']],
    ['tenants by a label that nothing sets', { namespaceSelector: "name starts with 'canine-'" }, []],
    [
      'tenants by the name that Calico gives',
      { namespaceSelector: "projectcalico.org/name starts with 'canine-'" },
      ['pod canine-alice/web'],
    ],
    ['pods of tenants alone', { selector: "app == 'web'", namespaceSelector: 'has(canine-tenant)' }, ['pod canine-alice/web']],
    ['everything', {}, ['pod canine/web', 'pod canine-alice/web', 'host cp01']],
    ['hosts alone, before DNAT', { selector: 'all()', preDNAT: true }, ['host cp01']],
    ['hosts alone, as what has no namespace', { namespaceSelector: 'global()' }, ['host cp01']],
    ['no host by its namespace', { namespaceSelector: 'all()' }, ['pod canine/web', 'pod canine-alice/web']],
  ])('%s', (_, policy, names) => {
    expect(selectedBy(policy, endpoints).map(({ name }) => name)).toEqual(names);
  });
});
