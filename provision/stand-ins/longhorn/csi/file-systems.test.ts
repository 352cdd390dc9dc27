import { expect, test } from 'vitest';
import { parseMounts } from './file-systems.ts';
import { shareHost } from './share-mount.ts';

test('mounts are read with their spaces', () => {
  expect(parseMounts('/dev/loop3 /var/lib/a\\040b xfs rw 0 0\nproc /proc proc rw 0 0\n')).toEqual([
    { target: '/var/lib/a b', type: 'xfs' },
    { target: '/proc', type: 'proc' },
  ]);
});

test('a share endpoint says its host; another protocol is refused', () => {
  expect(shareHost('nfs://10.96.1.2/pvc-1')).toBe('10.96.1.2');
  expect(() => shareHost('smb://10.96.1.2/pvc-1')).toThrow('invalid share endpoint');
});
