import { createHash, createHmac } from 'node:crypto';

/** Who asks, and of which region's server. */
export interface Identity {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  /** Hexadecimal SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  readonly payload: string;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** The headers that sign a request (docs.aws.amazon.com: Authenticating Requests, AWS Signature Version 4). */
export function signedHeaders(identity: Identity, { method, url, payload }: SignedRequest, at: Date): Record<string, string> {
  const time = basicTime(at);
  const headers = { host: url.host, 'x-amz-content-sha256': payload, 'x-amz-date': time };
  const names = Object.keys(headers).join(';');
  const signature = signatureOf(identity, time, [
    method,
    canonicalPath(url),
    canonicalQuery(url.searchParams),
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    '',
    names,
    payload,
  ]);
  const credential = `${identity.accessKey}/${scopeOf(identity, time)}`;
  return { ...headers, authorization: `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}` };
}

/** A URL by which anybody may read the object for a while. */
export function presigned(identity: Identity, url: URL, { seconds, at }: { readonly seconds: number; readonly at: Date }): URL {
  const time = basicTime(at);
  const signed = new URL(url);
  const query = {
    'X-Amz-Algorithm': algorithm,
    'X-Amz-Credential': `${identity.accessKey}/${scopeOf(identity, time)}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(seconds),
    'X-Amz-SignedHeaders': 'host',
  };
  for (const [name, value] of Object.entries(query)) signed.searchParams.set(name, value);
  const lines = ['GET', canonicalPath(url), canonicalQuery(signed.searchParams), `host:${url.host}`, '', 'host', 'UNSIGNED-PAYLOAD'];
  signed.searchParams.set('X-Amz-Signature', signatureOf(identity, time, lines));
  return signed;
}

export function sha256(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function signatureOf(identity: Identity, time: string, canonicalRequest: readonly string[]): string {
  const toSign = [algorithm, time, scopeOf(identity, time), sha256(canonicalRequest.join('\n'))].join('\n');
  const key = [time.slice(0, 8), identity.region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${identity.secretKey}`);
  return hmac(key, toSign).toString('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function scopeOf({ region }: Identity, time: string): string {
  return `${time.slice(0, 8)}/${region}/s3/aws4_request`;
}

/** ISO 8601 without punctuation: 20261201T020000Z. */
function basicTime(at: Date): string {
  return at.toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
}

function canonicalPath(url: URL): string {
  return decodeURIComponent(url.pathname).split('/').map(encoded).join('/');
}

function canonicalQuery(parameters: URLSearchParams): string {
  return [...parameters]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');
}

/** Everything but RFC 3986's unreserved characters in percent signs. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
