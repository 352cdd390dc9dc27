import { readFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';

/** What every Kubernetes object has. */
interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
}

export interface ListAnswer<T> {
  metadata: { resourceVersion: string };
  items: T[];
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** An answer of the Kubernetes API that is not 2xx: its HTTP status, reason and message. */
export class KubernetesError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'KubernetesError';
    this.status = status;
    this.reason = reason;
  }
}

/** True for what a repetition with newer objects mends: not there (any more), there already, changed meanwhile. */
export function isOutdated(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 404 || error.status === 409);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 404;
}

/** How to reach the Kubernetes API. */
export interface KubernetesAddress {
  readonly host: string;
  readonly port: string;
  readonly ca: Buffer;
  /** Bearer token, read again at every call since the kubelet renews it. */
  readonly token: () => string;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A reading without an answer for this long counts as failed, and its connection is not used again. */
const readTimeoutMs = 5000;

/** A change may have to pass admission webhooks, which the API server gives 10 s. */
const writeTimeoutMs = 12_000;

/** The API server ends a watch after this long, so that one whose peer has vanished is not kept for ever. */
const watchSeconds = 60;

/** Where a pod finds the Kubernetes API. */
export function inClusterAddress(): KubernetesAddress {
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  if (host === undefined) throw new Error('KUBERNETES_SERVICE_HOST is not set: this program runs in a pod');
  return {
    host,
    port: process.env['KUBERNETES_SERVICE_PORT'] ?? '443',
    ca: readFileSync(`${serviceAccount}/ca.crt`),
    token: () => readFileSync(`${serviceAccount}/token`, 'utf8').trim(),
  };
}

/** The few verbs of the Kubernetes API that the manager needs, without the memory of a generated client. */
export class KubernetesClient {
  readonly #address: KubernetesAddress;
  #agent: Agent;
  #checking = false;

  constructor(address: KubernetesAddress) {
    this.#address = address;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 32, ca: address.ca });
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#json({ method: 'GET', path })) as T;
  }

  async create<T>(path: string, object: T): Promise<T> {
    return (await this.#json({ method: 'POST', path, body: object })) as T;
  }

  async replace<T>(path: string, object: T): Promise<T> {
    return (await this.#json({ method: 'PUT', path, body: object })) as T;
  }

  /** JSON merge patch (RFC 7396). */
  async patch<T>(path: string, change: unknown): Promise<T> {
    return (await this.#json({ method: 'PATCH', path, body: change, contentType: 'application/merge-patch+json' })) as T;
  }

  /** Deletes; what is not there (any more) is deleted too. */
  async remove(path: string, options: { gracePeriodSeconds?: number } = {}): Promise<void> {
    try {
      await this.#json({ method: 'DELETE', path, body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Yields the changes of a collection after `resourceVersion`, until the API server or the network ends it. */
  async *watch<T>(path: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    const separator = path.includes('?') ? '&' : '?';
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${resourceVersion}`;
    const call = this.#start({ method: 'GET', path: `${path}${separator}${query}` }, signal);
    call.setTimeout((watchSeconds + 10) * 1000, () => call.destroy(new Error('the watch is silent')));
    const response = await answerOf(call);
    if (response.statusCode !== 200) throw problemOf(response, await textOf(response));
    yield* parseLines<WatchEvent<T>>(response);
  }

  async #json(call: Call): Promise<unknown> {
    const started = this.#start(call);
    const timeoutMs = call.method === 'GET' ? readTimeoutMs : writeTimeoutMs;
    started.setTimeout(timeoutMs, () => {
      started.destroy(new Error(`${call.method} ${call.path}: no answer within ${timeoutMs} ms`));
      if (call.method === 'GET') void this.#checkConnections();
    });
    const response = await answerOf(started);
    const text = await textOf(response);
    if ((response.statusCode ?? 0) >= 300) throw problemOf(response, text);
    return text === '' ? {} : JSON.parse(text);
  }

  /** A new connection that is answered while an old one is not shows that the old one's API server has vanished. */
  async #checkConnections(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    try {
      const probe = this.#start({ method: 'GET', path: '/readyz' }, AbortSignal.timeout(readTimeoutMs), false);
      const answer = await answerOf(probe);
      answer.resume();
      this.#dropConnections();
    } catch (error) {
      process.stderr.write(`longhorn-manager: the Kubernetes API is slow: ${String(error)}\n`);
    } finally {
      this.#checking = false;
    }
  }

  #start(call: Call, signal?: AbortSignal, agent: Agent | false = this.#agent): ClientRequest {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers: Record<string, string | number> = { authorization: `Bearer ${this.#address.token()}`, accept: 'application/json' };
    if (body !== undefined) {
      headers['content-type'] = call.contentType ?? 'application/json';
      headers['content-length'] = Buffer.byteLength(body);
    }
    const { host, port } = this.#address;
    const started = request({
      host,
      port,
      path: call.path,
      method: call.method,
      headers,
      agent,
      ca: this.#address.ca,
      ...(signal && { signal }),
    });
    started.end(body);
    return started;
  }

  /** All connections go to one API server of several: when it vanishes, new connections reach another. */
  #dropConnections(): void {
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true, maxSockets: 32, ca: this.#address.ca });
  }
}

function answerOf(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.once('response', resolve);
    call.once('error', reject);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += part as string;
  return text;
}

function problemOf(response: IncomingMessage, text: string): KubernetesError {
  const status = response.statusCode ?? 0;
  try {
    const body = JSON.parse(text) as { reason?: string; message?: string };
    return new KubernetesError(status, body.reason ?? '', body.message ?? text);
  } catch (error) {
    if (error instanceof SyntaxError) return new KubernetesError(status, '', text);
    throw error;
  }
}

async function* parseLines<T>(response: IncomingMessage): AsyncGenerator<T> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const part of response) {
    const lines = (rest + (part as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
}
