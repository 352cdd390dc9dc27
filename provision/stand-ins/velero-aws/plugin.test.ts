import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Client, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { caller } from '../grpc.ts';
import { controller, lister, objectStore } from './protos.ts';

/** An S3 server of one bucket that takes every signature, and what it was asked. */
class OneBucket {
  readonly objects = new Map<string, Buffer>();
  readonly asked: string[] = [];

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
    const key = decodeURIComponent(pathname.replace(/^\/bucket\/?/, ''));
    this.asked.push(`${request.method} ${request.headers.authorization?.split(' ')[0] ?? 'unsigned'}`);
    if (request.method === 'PUT') {
      this.objects.set(key, Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)));
      response.end();
    } else if (key === '') response.end(this.#listing(searchParams.get('prefix') ?? '', searchParams.get('delimiter')));
    else if (request.method === 'DELETE') {
      this.objects.delete(key);
      response.writeHead(204).end();
    } else if (this.objects.has(key)) response.end(request.method === 'HEAD' ? '' : this.objects.get(key));
    else response.writeHead(404).end('<Error><Code>NoSuchKey</Code><Message>no &quot;key&quot;</Message></Error>');
  }

  #listing(prefix: string, delimiter: string | null): string {
    const below = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
    const isFolder = (rest: string): boolean => delimiter !== null && rest.includes(delimiter);
    const folders = new Set(below.filter(isFolder).map((rest) => `${prefix}${rest.split(delimiter ?? '/')[0]}${delimiter ?? ''}`));
    const keys = below
      .filter((rest) => !isFolder(rest))
      .map((rest) => `<Contents><Key>${prefix}${rest.replaceAll('&', '&amp;')}</Key></Contents>`);
    return `<ListBucketResult>${keys.join('')}${[...folders].map((name) => `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`).join('')}</ListBucketResult>`;
  }
}

interface Store extends Client {
  PutObject(answer: (error: Error | null) => void): { write(part: object): void; end(): void };
  GetObject(request: object): AsyncIterable<{ data: Buffer }>;
}

const waitMs = 10_000;
const command = '/plugins/velero-plugin-for-aws';
let folder: string;
let bucket: OneBucket;
let server: Server;
let plugin: ChildProcess;
let handshake: string;
let socket: string;
let ask: ReturnType<typeof caller>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-velero-'));
  bucket = new OneBucket();
  server = createServer((request, response) => void bucket.answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await writeFile(join(folder, 'cloud'), '[default]\naws_access_key_id=id\naws_secret_access_key=secret\n');
  plugin = spawn(process.execPath, [join(import.meta.dirname, 'plugin.ts'), command], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'cloud') },
  });
  const [line] = (await once(plugin.stdout ?? plugin, 'data')) as [Buffer];
  handshake = String(line);
  socket = handshake.split('|')[3] ?? '';
  ask = caller(socket, objectStore);
  const { port } = server.address() as AddressInfo;
  await ask('Init', { config: { s3Url: `http://127.0.0.1:${port}`, s3ForcePathStyle: 'true', region: 'minio' } }, waitMs);
});
afterEach(async () => {
  plugin.kill('SIGKILL');
  server.close();
  await rm(folder, { recursive: true });
});

function streams(): Store {
  const definitions = loadPackageDefinition(
    fromJSON(protobuf.parse(objectStore.proto, { keepCase: true }).root.toJSON(), { keepCase: true }),
  );
  const { ObjectStore } = definitions['generated'] as unknown as { ObjectStore: new (address: string, credential: unknown) => Store };
  return new ObjectStore(`unix://${socket}`, credentials.createInsecure());
}

async function put(key: string, ...bodies: string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const call = streams().PutObject((error) => (error === null ? resolve() : reject(error)));
    for (const body of bodies) call.write({ bucket: 'bucket', key, body: Buffer.from(body) });
    call.end();
  });
}

it('tells its socket as go-plugin reads it', () => {
  expect(handshake).toMatch(/^1\|2\|unix\|\S+\|grpc\n$/);
});

it('lists itself under the path that it was started from', async () => {
  const { plugins } = (await caller(socket, lister)('ListPlugins', {}, waitMs)) as { plugins: object[] };
  expect(plugins).toEqual([{ command, kind: 'ObjectStore', name: 'velero.io/aws' }]);
});

it('writes an object that comes in parts, and reads it back', async () => {
  await put('backups/one/a&b.json', 'first ', 'second');
  const parts = await Array.fromAsync(streams().GetObject({ bucket: 'bucket', key: 'backups/one/a&b.json' }));
  expect(Buffer.concat(parts.map(({ data }) => data)).toString()).toBe('first second');
  expect(bucket.asked).toEqual(['PUT AWS4-HMAC-SHA256', 'GET AWS4-HMAC-SHA256']);
});

it('tells what is there, and what is gone', async () => {
  const exists = (): Promise<unknown> => ask('ObjectExists', { bucket: 'bucket', key: 'x' }, waitMs);
  await put('x', 'content');
  expect(await exists()).toEqual({ exists: true });
  await ask('DeleteObject', { bucket: 'bucket', key: 'x' }, waitMs);
  expect(await exists()).toEqual({ exists: false });
});

it('lists keys and folders', async () => {
  for (const key of ['backups/one/a&b', 'backups/two/c', 'other']) await put(key, 'x');
  expect(await ask('ListObjects', { bucket: 'bucket', prefix: 'backups/' }, waitMs)).toEqual({
    keys: ['backups/one/a&b', 'backups/two/c'],
  });
  const folders = await ask('ListCommonPrefixes', { bucket: 'bucket', prefix: 'backups/', delimiter: '/' }, waitMs);
  expect(folders).toEqual({ prefixes: ['backups/one/', 'backups/two/'] });
});

it("refuses an object that is not there in the server's words", async () => {
  await expect(Array.fromAsync(streams().GetObject({ bucket: 'bucket', key: 'none' }))).rejects.toThrow('404 NoSuchKey no "key"');
});

it('ends when it is told to', async () => {
  await caller(socket, controller)('Shutdown', {}, waitMs);
  const [code] = (await once(plugin, 'exit')) as [number];
  expect(code).toBe(0);
});
