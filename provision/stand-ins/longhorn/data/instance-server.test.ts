import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EngineInstance, InstanceList, ReplicaInstance } from '../instance-api.ts';
import { faultsFrom } from './faults.ts';
import { instanceServer } from './instance-server.ts';
import { Instances } from './instances.ts';

const size = 4 * 1024 * 1024;

async function api(): Promise<{
  ask: (method: string, path: string, body?: object) => Promise<{ status: number; body: unknown }>;
  hostRoot: string;
  device: { gone: boolean };
}> {
  const hostRoot = await mkdtemp(join(tmpdir(), 'host-'));
  const device = { gone: false };
  const instances = new Instances({
    host: '127.0.0.1',
    nodeName: 'w01',
    hostRoot,
    faults: faultsFrom(() => ({})),
    makeDevice: async (volume) => ({
      endpoint: `/dev/longhorn/${volume}`,
      isGone: () => device.gone,
      resize: async () => undefined,
      remove: async () => undefined,
    }),
  });
  onTestFinished(async () => {
    await instances.stop();
    await rm(hostRoot, { recursive: true, force: true });
  });
  const app = instanceServer(instances);
  const ask = async (method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> => {
    const response = await app.request(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
    return { status: response.status, body: await response.json() };
  };
  return { ask, hostRoot, device };
}

const replica = { volume: 'v', size, directory: '/data/v-01234567' };

test('a replica and an engine are made, listed, grown and deleted', async () => {
  const { ask, hostRoot } = await api();
  const { address } = (await ask('PUT', '/v1/replicas/v-r-1', replica)).body as ReplicaInstance;
  expect((await ask('PUT', '/v1/replicas/v-r-1', replica)).body).toMatchObject({ address });
  const engine = await ask('PUT', '/v1/engines/v-e-0', { volume: 'v', size, replicas: [{ name: 'v-r-1', address }] });
  expect(engine.body).toMatchObject({
    kind: 'engine',
    state: 'running',
    endpoint: '/dev/longhorn/v',
    replicas: [{ name: 'v-r-1', mode: 'RW' }],
  });
  expect((await ask('PUT', '/v1/engines/v-e-0/size', { size: 2 * size })).body).toMatchObject({ size: 2 * size });
  const { instances } = (await ask('GET', '/v1/instances')).body as InstanceList;
  expect(instances.map(({ name, size: bytes }) => [name, bytes])).toEqual([
    ['v-r-1', 2 * size],
    ['v-e-0', 2 * size],
  ]);
  expect((await ask('DELETE', '/v1/engines/v-e-0')).body).toEqual({ name: 'v-e-0', state: 'stopped' });
  await ask('DELETE', '/v1/replicas/v-r-1?data=delete');
  expect(await readdir(join(hostRoot, 'data'))).toEqual([]);
});

test('an engine whose device is gone is in error', async () => {
  const { ask, device } = await api();
  const { address } = (await ask('PUT', '/v1/replicas/v-r-1', replica)).body as ReplicaInstance;
  await ask('PUT', '/v1/engines/v-e-0', { volume: 'v', size, replicas: [{ name: 'v-r-1', address }] });
  device.gone = true;
  const { instances } = (await ask('GET', '/v1/instances')).body as InstanceList;
  expect(instances.find(({ kind }) => kind === 'engine') as EngineInstance).toMatchObject({
    state: 'error',
    error: 'the block device is gone',
  });
});

test.each([
  { what: 'a size that is no multiple of 4096', method: 'PUT', path: '/v1/replicas/v-r-1', body: { ...replica, size: 5 }, status: 400 },
  { what: 'a folder that climbs', method: 'PUT', path: '/v1/replicas/v-r-1', body: { ...replica, directory: '/data/../etc' }, status: 400 },
  { what: 'an engine without replicas', method: 'PUT', path: '/v1/engines/v-e-0', body: { volume: 'v', size, replicas: [] }, status: 400 },
  {
    what: 'replicas that do not answer',
    method: 'PUT',
    path: '/v1/engines/v-e-0',
    body: { volume: 'v', size, replicas: [{ name: 'r', address: '127.0.0.1:1' }] },
    status: 503,
  },
  { what: 'an engine that is not there', method: 'PUT', path: '/v1/engines/v-e-9/size', body: { size }, status: 404 },
  { what: 'a path that is not there', method: 'GET', path: '/v1/nothing', body: undefined, status: 404 },
])('$what is answered $status', async ({ method, path, body, status }) => {
  const { ask } = await api();
  const answer = await ask(method, path, body);
  expect(answer.status).toBe(status);
  expect(answer.body).toHaveProperty('error');
});

test('a replica is not made smaller', async () => {
  const { ask } = await api();
  await ask('PUT', '/v1/replicas/v-r-1', replica);
  expect((await ask('PUT', '/v1/replicas/v-r-1', { ...replica, size: size / 2 })).status).toBe(409);
});
