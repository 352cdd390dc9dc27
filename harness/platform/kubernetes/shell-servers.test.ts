import { spawnSync } from 'node:child_process';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TransportFailure } from '../../engine/transport.ts';
import type { PodConnection } from './port-forward.ts';
import { ShellServers } from './shell-servers.ts';
import { waitsAtMostMs } from './shells.ts';

const { signal } = new AbortController();

/** Answers as agnhost netexec does: both outputs of the command as one text, nothing of a field that is empty. */
const netexec = createServer((request, response) => {
  void text(request).then((body) => {
    const { stdout, status } = spawnSync('sh', ['-c', `exec 2>&1\n${new URLSearchParams(body).get('cmd')}`], { encoding: 'utf8' });
    response.end(
      JSON.stringify({ ...(stdout === '' ? {} : { output: stdout }), ...(status === 0 ? {} : { error: `exit status ${status}` }) }),
    );
  });
});

let server: Server;
let opened: { isClosed: boolean }[];
let servers: ShellServers;

beforeEach(async () => {
  opened = [];
  servers = new ShellServers();
  server = netexec;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  vi.useRealTimers();
  await new Promise((resolve) => server.close(resolve));
});

async function connect(): Promise<PodConnection> {
  const connection = {
    isClosed: false,
    ask: async ({ method, path, headers, body }: Parameters<PodConnection['ask']>[0], until: AbortSignal) => {
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { ...headers, connection: 'close' },
        body: body ?? null,
        signal: until,
      });
      return { status: answer.status, headers: {}, cookies: [], body: await answer.text() };
    },
    close: () => {
      connection.isClosed = true;
    },
  };
  opened.push(connection);
  return connection;
}

const run = async (script: string, until = signal): Promise<string> => servers.run('here', connect, { script, signal: until });

it('print what a script prints, however it ends', async () => {
  expect(await run('echo "a & b=%"; exit 3')).toBe('a & b=%\n');
  expect(await run(':')).toBe('');
});

it('are there for one script that was prepared for', async () => {
  await servers.prepare('here', connect);
  await run(':');
  expect(opened).toHaveLength(1);
  await run(':');
  expect(opened).toHaveLength(2);
});

it('are at one place each', async () => {
  await servers.prepare('there', connect);
  await run(':');
  expect(opened).toHaveLength(2);
});

it('are not asked over a connection that has ended', async () => {
  await servers.prepare('here', connect);
  for (const each of opened) each.isClosed = true;
  expect(await run('echo again')).toBe('again\n');
  expect(opened).toHaveLength(2);
});

it('close a connection that nobody comes back for', async () => {
  vi.useFakeTimers();
  await servers.prepare('here', connect);
  vi.advanceTimersByTime(waitsAtMostMs);
  expect(opened).toEqual([expect.objectContaining({ isClosed: true })]);
});

it('say that they did not answer, as a failure of the way there', async () => {
  const cut = async (): Promise<PodConnection> => ({ ...(await connect()), ask: async () => Promise.reject(new Error('cut off')) });
  await expect(servers.run('here', cut, { script: ':', signal })).rejects.toThrow(TransportFailure);
  await expect(servers.run('here', cut, { script: ':', signal })).rejects.toThrow('the shell server at here: cut off');
});

it('give up a script when they are told to', async () => {
  const stop = new AbortController();
  const running = run('sleep 0.2', stop.signal);
  await delay(50);
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
});
