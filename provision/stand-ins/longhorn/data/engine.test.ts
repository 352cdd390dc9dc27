import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Engine } from './engine.ts';
import { ReplicaClient } from './replica-client.ts';
import { ReplicaData } from './replica-data.ts';
import { ReplicaServer } from './replica-server.ts';

const size = 8 * 1024 * 1024;
const block = 4096;

interface TestReplica {
  readonly name: string;
  readonly address: string;
  readonly directory: string;
  readonly server: ReplicaServer;
  faults: { loseWrites: boolean; silent: boolean };
}

async function replica(name: string, directory?: string): Promise<TestReplica> {
  const folder = directory ?? (await mkdtemp(join(tmpdir(), `${name}-`)));
  if (directory === undefined) onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const faults = { loseWrites: false, silent: false };
  const server = await ReplicaServer.start(await ReplicaData.open(folder, size), () => faults);
  return { name, address: `127.0.0.1:${server.port}`, directory: folder, server, faults };
}

function three(): Promise<TestReplica[]> {
  return Promise.all(['r-1', 'r-2', 'r-3'].map((name) => replica(name)));
}

async function engine(replicas: readonly { name: string; address: string }[], faults = { rebuildPaused: false }): Promise<Engine> {
  const started = await Engine.start({ name: 'v', size, replicas }, { host: '127.0.0.1', faults: () => faults });
  onTestFinished(() => started.close());
  return started;
}

function modes(running: Engine): Record<string, string> {
  return Object.fromEntries(running.replicas().map(({ name, mode }) => [name, mode]));
}

async function content(running: Engine): Promise<Buffer> {
  return Buffer.concat(await running.read(0, size));
}

async function until(holds: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(holds()).toBe(true), { timeout: 5000, interval: 10 });
}

test('a write is in every replica when it is confirmed', async () => {
  const replicas = await three();
  const running = await engine(replicas);
  const data = randomBytes(block);
  await running.write(block, data);
  const found = await Promise.all(replicas.map(({ server }) => server.data.read(block, block)));
  expect(found).toEqual([data, data, data]);
});

test('I/O goes on when a replica dies, which is given up, and what it missed makes it older', async () => {
  const [first, second, third] = (await three()) as [TestReplica, TestReplica, TestReplica];
  const running = await engine([first, second, third]);
  await first.server.stop();
  const data = randomBytes(block);
  await running.write(0, data);
  expect(Buffer.concat(await running.read(0, block))).toEqual(data);
  expect(modes(running)).toEqual({ 'r-1': 'ERR', 'r-2': 'RW', 'r-3': 'RW' });
  await running.close();
  const again = await engine([await replica('r-1', first.directory), second, third]);
  expect(modes(again)).toEqual({ 'r-1': 'ERR', 'r-2': 'RW', 'r-3': 'RW' });
});

test('without a healthy replica reads and writes fail, and the engine is in error', async () => {
  const replicas = await three();
  const running = await engine(replicas);
  await Promise.all(replicas.map(({ server }) => server.stop()));
  await expect(running.write(0, randomBytes(block))).rejects.toThrow('no healthy replica');
  await expect(running.read(0, block)).rejects.toThrow('no healthy replica');
  expect(running.state).toBe('error');
});

test('an engine does not start on replicas none of which answers', async () => {
  await expect(engine([{ name: 'r-1', address: '127.0.0.1:1' }])).rejects.toThrow('no healthy replica');
});

test('a replica that is silent is given up after 8 s', async () => {
  const replicas = await three();
  const running = await engine(replicas);
  (replicas[1] as TestReplica).faults.silent = true;
  const before = Date.now();
  await running.write(0, randomBytes(block));
  expect(Date.now() - before).toBeGreaterThan(7500);
  expect(modes(running)).toEqual({ 'r-1': 'RW', 'r-2': 'ERR', 'r-3': 'RW' });
}, 15_000);

test('a rebuilt replica holds everything, the writes made meanwhile too, and serves alone', async () => {
  const [first, second, stale] = (await three()) as [TestReplica, TestReplica, TestReplica];
  await stale.server.data.write(5 * block, [randomBytes(block)]);
  const running = await engine([first, second]);
  for (let at = 0; at < size / 2; at += 64 * block) await running.write(at, randomBytes(32 * block));
  await running.rebuild(stale);
  expect(modes(running)['r-3']).toBe('WO');
  const writes = Array.from({ length: 200 }, () => running.write(Math.floor(Math.random() * (size / block)) * block, randomBytes(block)));
  await Promise.all(writes);
  await until(() => modes(running)['r-3'] === 'RW');
  const expected = await content(running);
  await running.close();
  const alone = await engine([stale]);
  expect(Buffer.compare(await content(alone), expected)).toBe(0);
});

test('a rebuild that was cut off leaves a replica that is not trusted', async () => {
  const [first, second] = (await three()) as [TestReplica, TestReplica, TestReplica];
  const running = await engine([first], { rebuildPaused: true });
  await running.write(0, randomBytes(block));
  await running.rebuild(second);
  await running.close();
  await expect(engine([second])).rejects.toThrow('its rebuild has not ended');
});

test('a replica that was removed gets no further writes', async () => {
  const [first, second] = (await three()) as [TestReplica, TestReplica, TestReplica];
  const running = await engine([first, second]);
  running.remove('r-2');
  await running.write(0, Buffer.alloc(block, 1));
  expect(await second.server.data.read(0, block)).toEqual(Buffer.alloc(block));
  expect(Object.keys(modes(running))).toEqual(['r-1']);
});

test('a volume grows on all replicas', async () => {
  const replicas = await three();
  const running = await engine(replicas);
  await running.expand(2 * size);
  await running.write(2 * size - block, Buffer.alloc(block, 1));
  expect(replicas.map(({ server }) => server.data.meta.Size)).toEqual([2 * size, 2 * size, 2 * size]);
  await expect(running.expand(size)).rejects.toThrow('cannot be made smaller');
});

test('a second engine takes the replicas, and the first can confirm nothing any more', async () => {
  const replicas = await three();
  const first = await engine(replicas);
  await engine(replicas);
  await expect(first.write(0, randomBytes(block))).rejects.toThrow('no healthy replica');
});

test('what a replica confirmed is there after it was killed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'killed-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const { child, port } = await replicaProcess(directory);
  const client = await ReplicaClient.connect(`127.0.0.1:${port}`, () => undefined);
  await client.open();
  const blocks = Array.from({ length: 50 }, () => randomBytes(block));
  for (const [index, data] of blocks.entries()) await client.write(index * block, [data]);
  child.kill('SIGKILL');
  client.drop();
  const found = await ReplicaData.open(directory, size);
  expect(Buffer.compare(await found.read(0, blocks.length * block), Buffer.concat(blocks))).toBe(0);
  expect(found.meta.Dirty).toBe(true);
});

async function replicaProcess(directory: string): Promise<{ child: ChildProcess; port: number }> {
  const program = `
    import { ReplicaData } from '${join(import.meta.dirname, 'replica-data.ts')}';
    import { ReplicaServer } from '${join(import.meta.dirname, 'replica-server.ts')}';
    const server = await ReplicaServer.start(await ReplicaData.open(${JSON.stringify(directory)}, ${size}), () => ({ loseWrites: false, silent: false }));
    console.log(server.port);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = await new Promise<number>((resolve) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())));
  });
  return { child, port };
}
