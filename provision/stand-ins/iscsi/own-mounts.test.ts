import { expect, test } from 'vitest';
import { mountsBelow } from './own-mounts.ts';

test('only what is mounted below the folder goes, the deepest first', () => {
  const mounts = [
    '/dev/loop1 /host/var/mnt/longhorn xfs rw 0 0',
    '/dev/longhorn/v /host/var/lib/kubelet/pods/a xfs rw 0 0',
    'tmpfs /host/var/lib/kubelet/pods/a/b tmpfs rw 0 0',
    'x /host/var/lib/kubelet-other xfs rw 0 0',
    '',
  ];
  expect(mountsBelow(mounts.join('\n'), '/host/var/lib/kubelet')).toEqual([
    '/host/var/lib/kubelet/pods/a/b',
    '/host/var/lib/kubelet/pods/a',
  ]);
});
