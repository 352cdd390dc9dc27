import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepListener, startListener } from './listener.ts';

/** Stands for agnhost's `netexec`. */
const fakeAgnhost = `#!${process.execPath}
const [, , command, port] = process.argv;
if (command !== 'netexec') process.exit(1);
require('node:http').createServer((_, answer) => answer.end('here')).listen(Number(port.slice('--http-port='.length)), '127.0.0.1');
`;

const { signal } = new AbortController();
let folder: string;
const run = async ([program = '', ...args]: readonly string[]): Promise<string> => (await execa(program, args)).stdout;

/** This machine as the only vantage. */
const here = (): Parameters<typeof startListener>[0] => ({
  descriptor: { probe: join(folder, 'agnhost') },
  vantage: (name) => ({ name, address: '127.0.0.1', where: 'lan', role: 'here', command: [] }),
  runAt: async (_, command) => run(command),
});

const answer = async (port: number): Promise<string> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    (response) => response.text(),
    () => 'none',
  );

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-listener-'));
  await writeFile(join(folder, 'agnhost'), fakeAgnhost);
  await chmod(join(folder, 'agnhost'), 0o755);
});

afterAll(() => rm(folder, { recursive: true }));

it('a server that is started answers until it is stopped', { timeout: 30_000 }, async () => {
  const port = await freePort();
  const listener = await startListener(here(), 'here', { port, maxSeconds: 20 }, signal);
  const before = await answer(port);
  await listener.stop();
  expect([before, await answer(port)]).toEqual(['here', 'none']);
});

it('a server that is kept answers until its change is undone', { timeout: 30_000 }, async () => {
  const port = await freePort();
  let undo: readonly string[] = [];
  const changes = {
    command: async (change: { run: readonly string[]; undo: readonly string[] }) => {
      ({ undo } = change);
      return run(change.run);
    },
  };
  await keepListener({ cluster: here(), changes, signal }, 'here', { port, maxSeconds: 20 });
  const before = await answer(port);
  await run(undo);
  expect([before, await answer(port)]).toEqual(['here', 'none']);
});
