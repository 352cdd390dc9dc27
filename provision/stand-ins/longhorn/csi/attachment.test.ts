import type { V1VolumeAttachment } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { finalizer, publishRequest, taskFor } from './attachment.ts';

function attachment(over: { metadata?: object; spec?: object; status?: object } = {}): V1VolumeAttachment {
  return {
    metadata: { name: 'csi-1', ...over.metadata },
    spec: { attacher: 'driver.longhorn.io', nodeName: 'w01', source: { persistentVolumeName: 'pvc-1' }, ...over.spec },
    ...(over.status !== undefined && { status: { attached: false, ...over.status } }),
  };
}

const deleted = { deletionTimestamp: new Date() };

test.each([
  { what: 'a new one is attached', object: attachment(), kind: 'attach' },
  { what: 'an attached one is left alone', object: attachment({ status: { attached: true } }), kind: 'nothing' },
  { what: 'one of another driver is left alone', object: attachment({ spec: { attacher: 'other' } }), kind: 'nothing' },
  {
    what: 'a deleted one with our finalizer is detached',
    object: attachment({ metadata: { ...deleted, finalizers: [finalizer] } }),
    kind: 'detach',
  },
  { what: 'a deleted one without it is left alone', object: attachment({ metadata: deleted }), kind: 'nothing' },
])('$what', ({ object, kind }) => {
  expect(taskFor(object).kind).toBe(kind);
});

test('the finalizer is that of external-attacher', () => {
  expect(finalizer).toBe('external-attacher/driver-longhorn-io');
});

test('a PersistentVolume becomes a request with its handle, file system and widest access mode', () => {
  const volume = {
    spec: {
      accessModes: ['ReadWriteOnce', 'ReadWriteMany'],
      csi: { driver: 'driver.longhorn.io', volumeHandle: 'pvc-1', fsType: 'xfs', volumeAttributes: { share: 'true' } },
    },
  };
  expect(publishRequest(volume, 'w01')).toEqual({
    volume_id: 'pvc-1',
    node_id: 'w01',
    volume_capability: { mount: { fs_type: 'xfs', mount_flags: [] }, access_mode: { mode: 5 } },
    readonly: false,
    volume_context: { share: 'true' },
  });
});
