import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { caller } from './grpc.ts';
import { registrationProto } from './protos.ts';
import { register } from './registration.ts';

async function registered(): Promise<{ call: (method: string, request: object) => Promise<unknown>; refusals: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'registration-'));
  const refusals: string[] = [];
  const server = await register(folder, '/var/lib/kubelet/plugins/driver.longhorn.io/csi.sock', (error) => refusals.push(error));
  onTestFinished(async () => {
    server.forceShutdown();
    await rm(folder, { recursive: true, force: true });
  });
  const call = caller(join(folder, 'driver.longhorn.io-reg.sock'), { proto: registrationProto, name: 'pluginregistration.Registration' });
  return { refusals, call: (method, request) => call(method, request, 5000) };
}

test('the kubelet is told type, name, socket and version of the driver', async () => {
  const { call } = await registered();
  expect(await call('GetInfo', {})).toEqual({
    type: 'CSIPlugin',
    name: 'driver.longhorn.io',
    endpoint: '/var/lib/kubelet/plugins/driver.longhorn.io/csi.sock',
    supported_versions: ['1.0.0'],
  });
});

test('only a refusal of the kubelet is passed on', async () => {
  const { call, refusals } = await registered();
  await call('NotifyRegistrationStatus', { plugin_registered: true, error: '' });
  await call('NotifyRegistrationStatus', { plugin_registered: false, error: 'no such version' });
  expect(refusals).toEqual(['no such version']);
});
