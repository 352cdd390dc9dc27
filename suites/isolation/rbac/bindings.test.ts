import { describe, expect, it } from 'vitest';
import { bindingsThatName } from './bindings.ts';

const bound = (subject: { kind: string; name: string; namespace?: string }, namespace?: string) => [
  { name: 'leak', namespace, role: 'Role view', subjects: [subject] },
];

describe('bindings that name a tenant', () => {
  it.each([
    ['a ServiceAccount', { kind: 'ServiceAccount', name: 'tenant-sa', namespace: 'canine-alice' }],
    ['the group of its ServiceAccounts', { kind: 'Group', name: 'system:serviceaccounts:canine-alice' }],
    ['a ServiceAccount as user', { kind: 'User', name: 'system:serviceaccount:canine-alice:default' }],
  ])('%s is found, cluster-wide and in another namespace', (_, subject) => {
    expect([bindingsThatName('canine-alice', bound(subject)), bindingsThatName('canine-alice', bound(subject, 'default'))]).toEqual([
      [`ClusterRoleBinding leak gives Role view to ${subject.kind} ${subject.name}`],
      [`RoleBinding default/leak gives Role view to ${subject.kind} ${subject.name}`],
    ]);
  });

  it.each([
    ['of a namespace whose name only begins alike', { kind: 'ServiceAccount', name: 'tenant-sa', namespace: 'canine-alice-2' }],
    ['group of such a namespace', { kind: 'Group', name: 'system:serviceaccounts:canine-alice-2' }],
    ['user of such a namespace', { kind: 'User', name: 'system:serviceaccount:canine-alice-2:default' }],
    ['ServiceAccount that bears the name', { kind: 'ServiceAccount', name: 'canine-alice', namespace: 'canine' }],
  ])('another subject is not: %s', (_, subject) => {
    expect(bindingsThatName('canine-alice', bound(subject))).toEqual([]);
  });
});
