import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { attachmentName, Controller } from './controller.ts';
import { caller, serveAt } from './grpc.ts';
import { identityMethods } from './identity.ts';
import { ManagerClient } from './manager-client.ts';
import { csiProto } from './protos.ts';

const gibibyte = 2 ** 30;
const mount = { mount: { fs_type: 'xfs', mount_flags: [] }, access_mode: { mode: 1 } };
const shared = { mount: { fs_type: 'xfs', mount_flags: [] }, access_mode: { mode: 5 } };

interface Volume {
  [field: string]: unknown;
  name: string;
  size: string;
  state: string;
}

/** Longhorn's API over HTTP as far as the driver uses it: what it is asked is done at once. */
class FakeManager {
  readonly volumes = new Map<string, Volume>();
  readonly asked: { method: string; path: string; body: Record<string, unknown> }[] = [];
  /** Answered to the request that matches. */
  refusal: { path: RegExp; status: number; message: string } | undefined;

  answer(method: string, path: string, body: Record<string, unknown>): { status: number; body: unknown } {
    this.asked.push({ method, path, body });
    if (this.refusal?.path.test(`${method} ${path}`) === true)
      return {
        status: this.refusal.status,
        body: { type: 'error', status: this.refusal.status, code: 'x', message: this.refusal.message },
      };
    const [, , kind, name = ''] = new URL(path, 'http://manager').pathname.split('/');
    if (kind === 'nodes') return name === 'w01' ? { status: 200, body: { name } } : { status: 404, body: { message: 'no node' } };
    if (method === 'POST' && name === '') return { status: 200, body: this.#create(body) };
    const volume = this.volumes.get(name);
    if (volume === undefined) return { status: 404, body: '' };
    if (method === 'DELETE') this.volumes.delete(name);
    if (method === 'POST') this.#act(volume, new URL(path, 'http://manager').searchParams.get('action') ?? '', body);
    return { status: 200, body: volume };
  }

  #create(body: Record<string, unknown>): Volume {
    const volume = {
      ...body,
      id: body['name'],
      name: String(body['name']),
      size: String(body['size']),
      state: 'detached',
      frontend: 'blockdev',
      ready: true,
      controllers: [],
      volumeAttachment: { attachments: {} },
    };
    this.volumes.set(volume.name, volume);
    return volume;
  }

  #act(volume: Volume, action: string, body: Record<string, unknown>): void {
    if (action === 'attach') {
      volume.state = 'attached';
      volume['controllers'] = [{ hostId: body['hostId'], endpoint: `/dev/longhorn/${volume.name}`, size: volume.size, isExpanding: false }];
      volume['volumeAttachment'] = { attachments: { [String(body['attachmentID'])]: { satisfied: true } } };
    }
    if (action === 'detach') volume['volumeAttachment'] = { attachments: {} };
    if (action === 'expand')
      Object.assign(volume, {
        size: body['size'],
        controllers: [{ hostId: 'w01', endpoint: 'x', size: body['size'], isExpanding: false }],
      });
    if (action === 'updateAccessMode') volume['accessMode'] = body['accessMode'];
  }
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = (await Array.fromAsync(request as AsyncIterable<Buffer>)).map(String).join('');
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function driver(): Promise<{
  manager: FakeManager;
  call: (method: string, request: object) => Promise<Record<string, unknown>>;
  socket: string;
}> {
  const manager = new FakeManager();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = manager.answer(request.method ?? '', request.url ?? '', body);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body === '' ? '' : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const folder = await mkdtemp(join(tmpdir(), 'csi-'));
  const socket = join(folder, 'csi.sock');
  const client = new ManagerClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
  const service = await serveAt(socket, [
    { proto: csiProto, name: 'csi.v1.Identity', methods: identityMethods },
    { proto: csiProto, name: 'csi.v1.Controller', methods: new Controller(client, { timeoutMs: 300, intervalMs: 10 }).methods() },
  ]);
  onTestFinished(async () => {
    service.forceShutdown();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const call = caller(socket, { proto: csiProto, name: 'csi.v1.Controller' });
  return { manager, socket, call: (method, request) => call(method, request, 5000) as Promise<Record<string, unknown>> };
}

function creation(over: object = {}): object {
  return {
    name: 'pvc-1',
    capacity_range: { required_bytes: 5 * gibibyte },
    volume_capabilities: [mount],
    parameters: { numberOfReplicas: '3', fsType: 'xfs' },
    ...over,
  };
}

test('the driver says its name and that volumes can grow in use', async () => {
  const { socket } = await driver();
  const identity = caller(socket, { proto: csiProto, name: 'csi.v1.Identity' });
  expect(await identity('GetPluginInfo', {}, 5000)).toEqual({ name: 'driver.longhorn.io', vendor_version: 'v1.10.1' });
  expect(await identity('GetPluginCapabilities', {}, 5000)).toMatchObject({
    capabilities: [{ service: { type: 1 } }, { service: { type: 2 } }, { volume_expansion: { type: 1 } }],
  });
});

test('a volume is made with the class parameters and its size in bytes', async () => {
  const { manager, call } = await driver();
  const { volume } = await call('CreateVolume', creation());
  expect(volume).toMatchObject({ volume_id: 'pvc-1', capacity_bytes: 5 * gibibyte, volume_context: { numberOfReplicas: '3' } });
  expect(manager.volumes.get('pvc-1')).toMatchObject({ size: String(5 * gibibyte), numberOfReplicas: 3, staleReplicaTimeout: 2880 });
});

test('the same volume is not made twice; another size is refused', async () => {
  const { manager, call } = await driver();
  await call('CreateVolume', creation());
  await call('CreateVolume', creation());
  expect(manager.asked.filter(({ method, path }) => method === 'POST' && path === '/v1/volumes')).toHaveLength(1);
  await expect(call('CreateVolume', creation({ capacity_range: { required_bytes: gibibyte } }))).rejects.toMatchObject({
    code: status.ALREADY_EXISTS,
  });
});

test('a claim for several writers makes a shared volume', async () => {
  const { manager, call } = await driver();
  const { volume } = await call('CreateVolume', creation({ volume_capabilities: [shared] }));
  expect(manager.volumes.get('pvc-1')).toMatchObject({ accessMode: 'rwx' });
  expect(volume).toMatchObject({ volume_context: { share: 'true' } });
});

test.each([
  { what: 'no name', request: creation({ name: '' }), code: status.INVALID_ARGUMENT, message: 'volume id missing in request' },
  {
    what: 'no capabilities',
    request: creation({ volume_capabilities: [] }),
    code: status.INVALID_ARGUMENT,
    message: 'Volume Capabilities cannot be empty',
  },
  {
    what: 'an access mode that is not there',
    request: creation({ volume_capabilities: [{ ...mount, access_mode: { mode: 3 } }] }),
    code: status.INVALID_ARGUMENT,
    message: 'is not supported',
  },
  {
    what: 'a parameter that is no number',
    request: creation({ parameters: { numberOfReplicas: 'many' } }),
    code: status.INVALID_ARGUMENT,
    message: 'invalid parameter numberOfReplicas',
  },
  {
    what: 'an xfs volume that is too small',
    request: creation({ capacity_range: { required_bytes: 100 } }),
    code: status.UNKNOWN,
    message: 'smaller than 314572800, are not supported',
  },
])('creation is refused for $what', async ({ request, code, message }) => {
  const { call } = await driver();
  await expect(call('CreateVolume', request)).rejects.toMatchObject({ code, details: expect.stringContaining(message) as string });
});

test('what Longhorn refuses is an internal error with its words', async () => {
  const { manager, call } = await driver();
  manager.refusal = { path: /^POST \/v1\/volumes$/, status: 500, message: 'insufficient storage' };
  await expect(call('CreateVolume', creation())).rejects.toMatchObject({ code: status.INTERNAL, details: 'insufficient storage' });
});

test('a volume is attached under the name of its VolumeAttachment, and detached by it', async () => {
  const { manager, call } = await driver();
  await call('CreateVolume', creation());
  await call('ControllerPublishVolume', { volume_id: 'pvc-1', node_id: 'w01', volume_capability: mount });
  const attach = manager.asked.find(({ path }) => path.endsWith('action=attach'));
  expect(attach?.body).toMatchObject({ hostId: 'w01', attacherType: 'csi-attacher', attachmentID: attachmentName('pvc-1', 'w01') });
  await call('ControllerUnpublishVolume', { volume_id: 'pvc-1', node_id: 'w01' });
  expect(manager.volumes.get('pvc-1')?.['volumeAttachment']).toEqual({ attachments: {} });
});

test('the name of an attachment is that of Kubernetes', () => {
  expect(attachmentName('pvc-1', 'w01')).toMatch(/^csi-[0-9a-f]{64}$/);
  expect(attachmentName('pvc-1', 'w01')).not.toBe(attachmentName('pvc-1', 'w02'));
});

test.each([
  { what: 'an unknown node', request: { volume_id: 'pvc-1', node_id: 'w09', volume_capability: mount }, code: status.NOT_FOUND },
  { what: 'an unknown volume', request: { volume_id: 'pvc-9', node_id: 'w01', volume_capability: mount }, code: status.NOT_FOUND },
  { what: 'no node', request: { volume_id: 'pvc-1', node_id: '', volume_capability: mount }, code: status.INVALID_ARGUMENT },
  { what: 'no capability', request: { volume_id: 'pvc-1', node_id: 'w01' }, code: status.INVALID_ARGUMENT },
])('attaching is refused for $what', async ({ request, code }) => {
  const { call } = await driver();
  await call('CreateVolume', creation());
  await expect(call('ControllerPublishVolume', request)).rejects.toMatchObject({ code });
});

test('a volume that does not come is an error after its time, with what Longhorn says', async () => {
  const { manager, call } = await driver();
  await call('CreateVolume', creation());
  const volume = manager.volumes.get('pvc-1') as Volume;
  const conditions = [{ type: 'Satisfied', status: 'False', message: 'already attached to w02' }];
  volume['volumeAttachment'] = { attachments: { [attachmentName('pvc-1', 'w01')]: { satisfied: false, conditions } } };
  manager.refusal = undefined;
  const act = manager.answer.bind(manager);
  manager.answer = (method, path, body) => (path.includes('action=attach') ? { status: 200, body: volume } : act(method, path, body));
  await expect(call('ControllerPublishVolume', { volume_id: 'pvc-1', node_id: 'w01', volume_capability: mount })).rejects.toMatchObject({
    code: status.INTERNAL,
    details: expect.stringContaining('already attached to w02') as string,
  });
});

test('a volume in use is grown, and its file system must follow', async () => {
  const { call } = await driver();
  await call('CreateVolume', creation());
  await call('ControllerPublishVolume', { volume_id: 'pvc-1', node_id: 'w01', volume_capability: mount });
  const grown = await call('ControllerExpandVolume', {
    volume_id: 'pvc-1',
    capacity_range: { required_bytes: 6 * gibibyte },
    volume_capability: mount,
  });
  expect(grown).toEqual({ capacity_bytes: 6 * gibibyte, node_expansion_required: true });
});

test('an expansion that finds no room is out of range', async () => {
  const { manager, call } = await driver();
  await call('CreateVolume', creation());
  manager.refusal = { path: /action=expand/, status: 500, message: 'cannot expand: failed to schedule 1073741824 more bytes to disk d' };
  const request = { volume_id: 'pvc-1', capacity_range: { required_bytes: 6 * gibibyte }, volume_capability: mount };
  await expect(call('ControllerExpandVolume', request)).rejects.toMatchObject({ code: status.OUT_OF_RANGE });
});

test('deleting succeeds, also for what is not there', async () => {
  const { manager, call } = await driver();
  await call('CreateVolume', creation());
  await call('DeleteVolume', { volume_id: 'pvc-1' });
  await call('DeleteVolume', { volume_id: 'pvc-1' });
  expect(manager.volumes.size).toBe(0);
});

test('a method that the driver does not have is unimplemented', async () => {
  const { socket } = await driver();
  const proto = csiProto.replace('rpc DeleteVolume(DeleteVolumeRequest) returns (Empty) {}', 'rpc ListVolumes(Empty) returns (Empty) {}');
  await expect(caller(socket, { proto, name: 'csi.v1.Controller' })('ListVolumes', {}, 5000)).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
  });
});
