/**
 * Stand-in for the registry mirrors of the guide (Step 5, `registries.mirrors`; registry.vaheed.net), on the lab's gateway: the
 * pull half of the OCI distribution specification v1.1 over the images that the lab made, for the `latest` images of the guide,
 * which Kubernetes asks a registry for each time.
 *
 * Does: /v2/, manifests by tag and by digest, blobs, GET and HEAD, with the specification's errors. Does not: TLS, authentication,
 * push, lists of tags or repositories, ranges. One port for all mirrored registries, where the guide has one for each.
 *
 * Environment: PORT, IMAGES (a folder with images.json, reference to digest, and containerd's content store).
 * Faults: none; `sv down /run/service/registry` in the site takes it away.
 */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const folder = process.env['IMAGES'] ?? '/opt/lab/images';
const port = Number(process.env['PORT'] ?? 5000);
const blobs = join(folder, 'containerd/io.containerd.content.v1.content/blobs/sha256');
/** The media type of every manifest of ours (images/oci.ts). */
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const digests = JSON.parse(await readFile(join(folder, 'images.json'), 'utf8')) as Readonly<Record<string, string>>;

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`registry: ${request.url}: ${String(error)}\n`);
    response.destroy();
  });
}).listen(port, '0.0.0.0', () => process.stdout.write(`registry: ${Object.keys(digests).length} images on port ${port}\n`));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://registry');
  if (/^\/v2\/?$/.test(pathname)) return end(response, 200, '{}');
  const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
  const digest = reference.startsWith('sha256:') ? reference : digestOf(name, reference);
  const size = digest === undefined ? undefined : await sizeOf(digest);
  if (digest === undefined || size === undefined) return refuse(response, kind);
  response.writeHead(200, {
    'content-type': kind === 'manifests' ? manifestType : 'application/octet-stream',
    'content-length': size,
    'docker-content-digest': digest,
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(fileOf(digest)), response);
}

function fileOf(digest: string): string {
  return join(blobs, digest.slice('sha256:'.length));
}

async function sizeOf(digest: string): Promise<number | undefined> {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  return (await stat(fileOf(digest)).catch(() => undefined))?.size;
}

/** A mirror is asked by repository alone; which registry it stands for, only the port would tell. */
function digestOf(name: string, tag: string): string | undefined {
  const found = Object.entries(digests).find(([reference]) => reference.slice(reference.indexOf('/') + 1) === `${name}:${tag}`);
  return found?.[1];
}

function refuse(response: ServerResponse, kind: string): void {
  const code = kind === 'blobs' ? 'BLOB_UNKNOWN' : kind === 'manifests' ? 'MANIFEST_UNKNOWN' : 'NAME_UNKNOWN';
  end(response, 404, JSON.stringify({ errors: [{ code, message: 'not among the images of the lab' }] }));
}

function end(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'docker-distribution-api-version': 'registry/2.0' }).end(body);
}
