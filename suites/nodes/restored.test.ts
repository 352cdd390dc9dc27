import { describe, expect, it } from 'vitest';
import { restoredFrom, snapshotsIn } from './restored.ts';

describe('a restored etcd', () => {
  it('tells its revision, numbers of keys, and the keys that are there', () => {
    const told =
      'revision 4711\nkeys /registry/namespaces/ 12\nkey /registry/configmaps/default/a there\nkey /registry/configmaps/default/b absent\n';
    expect(restoredFrom(told)).toEqual({
      kind: 'restored',
      revision: 4711,
      counts: new Map([['/registry/namespaces/', 12]]),
      there: ['/registry/configmaps/default/a'],
    });
  });

  it('may refuse the snapshot', () => {
    expect(restoredFrom('refused Error: expected sha256 [1], got [2]\n')).toEqual({
      kind: 'refused',
      reason: 'Error: expected sha256 [1], got [2]',
    });
  });

  it('that says nothing is no restored etcd', () => {
    expect(() => restoredFrom('')).toThrow('told no revision');
    expect(() => restoredFrom('revision \n')).toThrow('told no revision');
  });
});

describe('a snapshot in a folder', () => {
  it('has a date in its name', () => {
    expect(snapshotsIn(['talosconfig', 'etcd-backup-20261201-024100.db.gpg', 'etcd-backup-20261130-000000.db', 'etcd-backup-.db'])).toEqual(
      ['etcd-backup-20261130-000000.db', 'etcd-backup-20261201-024100.db.gpg'],
    );
  });
});
