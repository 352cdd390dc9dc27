import { describe, expect, it } from 'vitest';
import { differences, objectNames, templateObjects } from './isolation-objects.ts';

describe('differences', () => {
  it.each([
    ['nothing', [['Role a/b', '1']], [['Role a/b', '1']], []],
    ['what came', [], [['Role a/b', '1']], ['+ Role a/b']],
    ['what went', [['Role a/b', '1']], [], ['- Role a/b']],
    ['what was changed', [['Role a/b', '1']], [['Role a/b', '2']], ['~ Role a/b']],
  ] as const)('tell of %s', (_, before, after, expected) => {
    expect(differences(new Map(before), new Map(after))).toEqual(expected);
  });
});

describe('objectNames', () => {
  const isolation = (secondPolicy: string) =>
    [
      ['LimitRange', 'tenant-limits'],
      ['NetworkPolicy', secondPolicy],
      ['NetworkPolicy', 'deny-all-default'],
      ['ResourceQuota', 'tenant-quota'],
      ['Role', 'tenant-role'],
      ['RoleBinding', 'tenant-rolebinding'],
      ['ServiceAccount', 'tenant-sa'],
    ].map(([kind = '', name = '']) => ({ kind, metadata: { name } }));

  it.each(['deny-admin-namespaces', 'allow-published'])('know the template whose second policy is %s', (secondPolicy) => {
    expect(objectNames(isolation(secondPolicy))).toEqual(templateObjects);
  });

  it('tell a template without its first policy from a whole one', () => {
    expect(objectNames(isolation('allow-published').filter(({ metadata }) => metadata.name !== 'deny-all-default'))).not.toEqual(
      templateObjects,
    );
  });
});
