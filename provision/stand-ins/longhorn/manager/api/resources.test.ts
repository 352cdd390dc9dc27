import { expect, test } from 'vitest';
import { aNode, aReplica, aVolume } from '../specimens.ts';
import { newAttachment, newEngine } from '../volume/new-objects.ts';
import { collection, nodeResource, volumeResource } from './resources.ts';

const base = 'http://longhorn-backend:9500/v1';

test('a volume has the fields of api/model.go', () => {
  const volume = aVolume({}, { state: 'attached', robustness: 'healthy', currentNodeID: 'w01' });
  const engine = newEngine(volume);
  engine.spec.nodeID = 'w01';
  engine.status.endpoint = '/dev/longhorn/vol';
  engine.status.replicaModeMap = { 'vol-r-w01': 'RW' };
  const attachment = newAttachment(volume);
  attachment.spec.attachmentTickets = { csi: { id: 'csi', type: 'csi-attacher', nodeID: 'w01', parameters: {}, generation: 1 } };
  attachment.status.attachmentTicketStatuses = { csi: { id: 'csi', satisfied: true, conditions: [], generation: 1 } };
  const resource = volumeResource(base, { volume, engines: [engine], replicas: [aReplica('w01')], attachment });
  expect(resource).toMatchObject({
    id: 'vol',
    type: 'volume',
    name: 'vol',
    size: volume.spec.size,
    numberOfReplicas: 3,
    state: 'attached',
    robustness: 'healthy',
    links: { self: `${base}/volumes/vol` },
    actions: { attach: `${base}/volumes/vol?action=attach`, expand: `${base}/volumes/vol?action=expand` },
    controllers: [{ name: 'vol-e-0', hostId: 'w01', endpoint: '/dev/longhorn/vol' }],
    replicas: [{ name: 'vol-r-w01', hostId: 'w01', mode: 'RW', dataPath: '/var/lib/longhorn/replicas/vol-w01', failedAt: '' }],
    volumeAttachment: {
      volume: 'vol',
      attachments: { csi: { attachmentID: 'csi', attachmentType: 'csi-attacher', nodeID: 'w01', satisfied: true } },
    },
  });
  expect(resource).not.toHaveProperty('nodeID');
});

test('a ticket of a newer generation than its status is not satisfied', () => {
  const volume = aVolume();
  const attachment = newAttachment(volume);
  attachment.spec.attachmentTickets = { csi: { id: 'csi', type: 'csi-attacher', nodeID: 'w01', parameters: {}, generation: 2 } };
  attachment.status.attachmentTicketStatuses = { csi: { id: 'csi', satisfied: true, conditions: [], generation: 1 } };
  expect(volumeResource(base, { volume, engines: [], replicas: [], attachment })).toMatchObject({
    volumeAttachment: { attachments: { csi: { satisfied: false } } },
  });
});

test('a volume that its controller has not seen yet can be answered', () => {
  const { status: _status, ...bare } = aVolume();
  expect(
    volumeResource(base, { volume: bare as ReturnType<typeof aVolume>, engines: [], replicas: [], attachment: undefined }),
  ).toMatchObject({ state: '', ready: false, conditions: {} });
});

test('a node shows disks with spec and status in one, and conditions by type', () => {
  expect(nodeResource(base, aNode('w01'), '10.0.0.1')).toMatchObject({
    id: 'w01',
    type: 'node',
    address: '10.0.0.1',
    conditions: { Ready: { status: 'True' } },
    disks: {
      'disk-w01': {
        path: '/var/lib/longhorn',
        storageMaximum: 100e9,
        storageReserved: 30e9,
        conditions: { Schedulable: { status: 'True' } },
      },
    },
  });
});

test('a collection names its type and its own link', () => {
  expect(collection(base, 'volume', [])).toEqual({
    type: 'collection',
    resourceType: 'volume',
    links: { self: `${base}/volumes` },
    createTypes: { volume: `${base}/volumes` },
    data: [],
  });
});
