/**
 * Stand-in for velero-plugin-for-aws v1.9 (vmware-tanzu), whose modules the Go proxy refuses: the object store `velero.io/aws`.
 * Read in Velero v1.14.0 (pkg/plugin) and go-plugin v1.6 (its handshake: a line on standard output).
 *
 * Does: the object store with the settings region, s3Url, s3ForcePathStyle, profile and credentialsFile; else the credentials of
 * AWS_SHARED_CREDENTIALS_FILE; signature version 4. An object is held in memory while it is written.
 *
 * Does not: volume snapshots, uploads in parts, encryption, checksums, tagging, a server without s3Url, buckets in host names.
 *
 * Faults: none; the server behind it can be stopped.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveAt } from '../grpc.ts';
import { credentialsIn } from './credentials.ts';
import { controller, lister, objectStore } from './protos.ts';
import { S3 } from './s3.ts';

const name = 'velero.io/aws';
/** Velero's version of the protocol (pkg/plugin/framework/handshake.go), after go-plugin's own. */
const handshake = '1|2';
/** The most that a gRPC message of ours carries, well below the 4 MiB that Velero takes. */
const chunkBytes = 1 << 20;
/** After the answer to Shutdown. */
const endsAfterMs = 100;

const command = process.argv[2] ?? 'velero-plugin-for-aws';
let store: S3 | undefined;

function opened(): S3 {
  if (store === undefined) throw new Error('the object store was asked for something before Init');
  return store;
}

interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

async function init({ config }: { config: Readonly<Record<string, string>> }): Promise<object> {
  const file = config['credentialsFile'] ?? process.env['AWS_SHARED_CREDENTIALS_FILE'] ?? '/credentials/cloud';
  const keys = credentialsIn(await readFile(file, 'utf8'), config['profile'] ?? 'default');
  const { s3Url: url, region = 'us-east-1', s3ForcePathStyle } = config;
  if (url === undefined || s3ForcePathStyle !== 'true') throw new Error('this plugin needs s3Url, and s3ForcePathStyle "true"');
  store = new S3({ url, identity: { ...keys, region } });
  return {};
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<{ data: Uint8Array }> {
  for await (const part of stream) for (let at = 0; at < part.length; at += chunkBytes) yield { data: part.subarray(at, at + chunkBytes) };
}

const methods = {
  Init: init,
  ObjectExists: async ({ bucket, key }: ObjectName) => ({ exists: await opened().exists(bucket, key) }),
  DeleteObject: async ({ bucket, key }: ObjectName) => {
    await opened().delete(bucket, key);
    return {};
  },
  ListObjects: async ({ bucket, prefix }: { bucket: string; prefix: string }) => ({ keys: (await opened().list(bucket, prefix)).keys }),
  ListCommonPrefixes: async ({ bucket, prefix, delimiter }: { bucket: string; prefix: string; delimiter: string }) => ({
    prefixes: (await opened().list(bucket, prefix, delimiter)).prefixes,
  }),
  /** `ttl` is a Go duration: nanoseconds. */
  CreateSignedURL: async ({ bucket, key, ttl }: ObjectName & { ttl: number }) => ({
    url: opened().signedUrl(bucket, key, Math.floor(ttl / 1e9)),
  }),
};

const incoming = {
  PutObject: async (parts: AsyncIterable<ObjectName & { body: Uint8Array }>) => {
    const bodies: Uint8Array[] = [];
    let place: ObjectName | undefined;
    for await (const { bucket, key, body } of parts) {
      place ??= { bucket, key };
      bodies.push(body);
    }
    // Velero sends nothing at all for an empty object.
    if (place !== undefined) await opened().put(place.bucket, place.key, Buffer.concat(bodies));
    return {};
  },
};

const outgoing = { GetObject: async ({ bucket, key }: ObjectName) => chunksOf(await opened().get(bucket, key)) };

const socket = join(await mkdtemp(join(tmpdir(), 'velero-plugin-')), 'socket');
await serveAt(socket, [
  { ...lister, methods: { ListPlugins: async () => ({ plugins: [{ command, kind: 'ObjectStore', name }] }) } },
  { ...objectStore, methods, incoming, outgoing },
  {
    ...controller,
    methods: {
      Shutdown: async () => {
        setTimeout(() => process.exit(0), endsAfterMs);
        return {};
      },
    },
  },
]);
process.stdout.write(`${handshake}|unix|${socket}|grpc\n`);
