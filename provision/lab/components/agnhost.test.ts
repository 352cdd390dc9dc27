import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Target, probeAll } from '../../../harness/probe/probe.ts';
import { componentsInCache } from './build.ts';

const agnhost = (await componentsInCache()).components.binary('agnhost');
const runFile = promisify(execFile);

const ask = (...targets: Target[]) =>
  probeAll(targets, {
    run: async (script, signal) => (await runFile('sh', ['-c', script], { signal })).stdout,
    probe: agnhost,
    signal: new AbortController().signal,
  });
const tcp = (port: number, host = '127.0.0.1'): Target => ({ kind: 'tcp', host, port });

/** Listens and never accepts: when its queue is full, the kernel drops new connections silently, as a policy does. */
const neverAccepts = `
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** The words that classify knows are those that the real probe says. */
describe.skipIf(!existsSync(agnhost))('agnhost, as it is built', { timeout: 30_000 }, () => {
  it('connects to a listening port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    expect(await ask(tcp((server.address() as AddressInfo).port))).toMatchObject([{ kind: 'connected' }]);
  });

  it('is refused at a closed port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await ask(tcp(port), { kind: 'http', url: `http://127.0.0.1:${port}/` })).toMatchObject([
      { kind: 'refused' },
      { kind: 'refused' },
    ]);
  });

  it('does not find an unknown name', async () => {
    expect(await ask(tcp(80, 'no-such-host.invalid'))).toMatchObject([{ kind: 'name-error' }]);
  });

  it('times out where packets are dropped', async () => {
    const listener = spawn(process.execPath, ['-e', neverAccepts], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void listener.kill('SIGKILL'));
    const [port] = (await once(listener.stdout, 'data')) as [Buffer];
    const outcomes = await ask(...Array.from({ length: 5 }, () => tcp(Number(port))));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['connected', 'timeout']));
  });
});
