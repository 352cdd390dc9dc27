import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readFlags, socketPath } from './arguments.ts';
import { caller, serveAt } from '../grpc.ts';
import { isReady } from './is-ready.ts';
import { identity, registration } from './protos.ts';
import { register } from './register.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sidecars-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

function untilTestEnds(server: Server): void {
  onTestFinished(() => server.forceShutdown());
}

const driver = { name: 'driver.longhorn.io', endpoint: '/var/lib/kubelet/plugins/driver.longhorn.io/csi.sock' };

async function registered(): Promise<{ call: (method: string, request: object) => Promise<unknown>; refusals: string[] }> {
  const path = await folder();
  const refusals: string[] = [];
  untilTestEnds(await register(path, driver, (error) => refusals.push(error)));
  const call = caller(join(path, 'driver.longhorn.io-reg.sock'), registration);
  return { refusals, call: (method, request) => call(method, request, 5000) };
}

describe('node-driver-registrar', () => {
  test('the kubelet is told type, name, socket and version of the driver', async () => {
    const { call } = await registered();
    expect(await call('GetInfo', {})).toEqual({ type: 'CSIPlugin', ...driver, supported_versions: ['1.0.0'] });
  });

  test('only a refusal of the kubelet is passed on', async () => {
    const { call, refusals } = await registered();
    await call('NotifyRegistrationStatus', { plugin_registered: true, error: '' });
    await call('NotifyRegistrationStatus', { plugin_registered: false, error: 'no such version' });
    expect(refusals).toEqual(['no such version']);
  });
});

describe('livenessprobe', () => {
  test.each([
    [{ ready: { value: true } }, true],
    [{ ready: { value: false } }, false],
    [{}, true],
  ])('of a driver that answers %j it says %j', async (answer, expected) => {
    const socket = join(await folder(), 'csi.sock');
    untilTestEnds(await serveAt(socket, [{ ...identity, methods: { GetPluginInfo: async () => ({}), Probe: async () => answer } }]));
    expect(await isReady(caller(socket, identity))).toBe(expected);
  });
});

test('flags are read in both forms, unknown ones have no effect', () => {
  const args = ['--v=2', '--csi-address=/csi/csi.sock', '--health-port', '9808'];
  expect(readFlags(args, { 'csi-address': '', 'health-port': '1', other: 'x' })).toEqual({
    'csi-address': '/csi/csi.sock',
    'health-port': '9808',
    other: 'x',
  });
});

test.each(['unix:///csi/csi.sock', 'unix:/csi/csi.sock', '/csi/csi.sock'])('%s is a socket at /csi/csi.sock', (address) => {
  expect(socketPath(address)).toBe('/csi/csi.sock');
});
