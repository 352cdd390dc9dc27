import { describe, expect, it } from 'vitest';
import { bindingOf, bindingsForEverybody, bindingsThatName, knownForEverybody } from './bindings.ts';

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

describe('bindings for everybody', () => {
  it.each([
    ['Group', 'system:serviceaccounts'],
    ['Group', 'system:authenticated'],
    ['Group', 'system:unauthenticated'],
    ['User', 'system:anonymous'],
  ])('%s %s is found, cluster-wide and in a namespace', (kind, name) => {
    expect([...bindingsForEverybody(bound({ kind, name })), ...bindingsForEverybody(bound({ kind, name }, 'default'))]).toEqual([
      `ClusterRoleBinding leak gives Role view to ${kind} ${name}`,
      `RoleBinding default/leak gives Role view to ${kind} ${name}`,
    ]);
  });

  it.each([
    ['Group', 'system:nodes'],
    ['Group', 'system:serviceaccounts:kube-system'],
    ['User', 'system:authenticated'],
  ])('%s %s is not', (kind, name) => {
    expect(bindingsForEverybody(bound({ kind, name }))).toEqual([]);
  });

  const standard = (role: string) =>
    bindingOf({
      metadata: { name: 'system:discovery' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'Group', name: 'system:authenticated' }],
    });

  it('that Kubernetes has by itself are known', () => {
    expect(bindingsForEverybody([standard('system:discovery')]).filter((each) => !knownForEverybody.has(each))).toEqual([]);
  });

  it('are not known by their name alone, with another role', () => {
    expect(bindingsForEverybody([standard('cluster-admin')]).filter((each) => !knownForEverybody.has(each))).toHaveLength(1);
  });
});
