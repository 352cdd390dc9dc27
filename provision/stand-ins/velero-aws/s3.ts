import { type Identity, encoded, presigned, sha256, signedHeaders } from './signature.ts';

/** A server of the S3 protocol that has its buckets in the path. */
export interface S3Server {
  readonly url: string;
  readonly identity: Identity;
}

interface Listing {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

/** The requests that Velero's object store needs. Each throws where the server refuses or cannot be reached. */
export class S3 {
  readonly #server: S3Server;

  constructor(server: S3Server) {
    this.#server = server;
  }

  async put(bucket: string, key: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const response = await this.#send('PUT', this.#url(bucket, key), body);
    if (!response.ok) throw await refusal(response);
    await response.arrayBuffer();
  }

  async exists(bucket: string, key: string): Promise<boolean> {
    const response = await this.#send('HEAD', this.#url(bucket, key));
    if (response.ok) return true;
    if (response.status === 404) return false;
    throw await refusal(response);
  }

  async get(bucket: string, key: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send('GET', this.#url(bucket, key));
    if (!response.ok || response.body === null) throw await refusal(response);
    return response.body;
  }

  async delete(bucket: string, key: string): Promise<void> {
    const response = await this.#send('DELETE', this.#url(bucket, key));
    if (!response.ok && response.status !== 404) throw await refusal(response);
  }

  /** Everything below a prefix; with a delimiter, what lies deeper is told by its first folder alone. */
  async list(bucket: string, prefix: string, delimiter = ''): Promise<Listing> {
    const keys: string[] = [];
    const prefixes: string[] = [];
    for (let token: string | undefined = ''; token !== undefined;) {
      const url = this.#url(bucket);
      url.searchParams.set('list-type', '2');
      url.searchParams.set('prefix', prefix);
      if (delimiter !== '') url.searchParams.set('delimiter', delimiter);
      if (token !== '') url.searchParams.set('continuation-token', token);
      const response = await this.#send('GET', url);
      if (!response.ok) throw await refusal(response);
      const xml = await response.text();
      keys.push(...textsIn(xml, 'Contents', 'Key'));
      prefixes.push(...textsIn(xml, 'CommonPrefixes', 'Prefix'));
      [token] = textsOf(xml, 'NextContinuationToken');
    }
    return { keys, prefixes };
  }

  signedUrl(bucket: string, key: string, seconds: number): string {
    return presigned(this.#server.identity, this.#url(bucket, key), { seconds, at: new Date() }).href;
  }

  #url(bucket: string, key = ''): URL {
    const path = key === '' ? [bucket] : [bucket, ...key.split('/')];
    return new URL(path.map(encoded).join('/'), `${this.#server.url.replace(/\/$/, '')}/`);
  }

  #send(method: string, url: URL, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
    const payload = sha256(body ?? '');
    const { host: _, ...headers } = signedHeaders(this.#server.identity, { method, url, payload }, new Date());
    return fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  }
}

async function refusal(response: Response): Promise<Error> {
  const text = await response.text();
  const [code = '', message = ''] = [...textsOf(text, 'Code'), ...textsOf(text, 'Message')];
  return new Error(`the S3 server answered ${response.status} ${code} ${message}`.trim());
}

function textsIn(xml: string, outer: string, inner: string): string[] {
  return textsOf(xml, outer).flatMap((text) => textsOf(text, inner));
}

/** The contents of each element of that name; S3's answers have no attributes in the elements that are read here. */
function textsOf(xml: string, element: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, 'g'))].map(([, text = '']) => plain(text));
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** Markup within stays as it is: only where there is none are entities meant for the reader. */
function plain(text: string): string {
  if (text.includes('<')) return text;
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (entity, decimal?: string, hexadecimal?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hexadecimal !== undefined) return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    return entities[name ?? ''] ?? entity;
  });
}
