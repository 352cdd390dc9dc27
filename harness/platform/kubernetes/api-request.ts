import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, for example `/api/v1/namespaces/default/pods?dryRun=All`. */
  readonly path: string;
  readonly body?: object;
  /** Of the body; a PATCH is a JSON merge patch (RFC 7386) unless it says otherwise. */
  readonly contentType?: string;
  /** Beside those that every request has, for example `Impersonate-User`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the API server answered, whatever that was. */
export interface ApiAnswer {
  readonly status: number;
  /** The parsed JSON, or the text itself where it is none. */
  readonly body: unknown;
  /** The message of a Status object, else empty. */
  readonly message: string;
}

/** A request that has no answer after this time is given up. */
const requestDeadlineMs = 30_000;

/** By who asks. */
const agents = new WeakMap<KubeConfig, Agent>();
/** The API server has others to serve. */
const mostConnections = 32;
/**
 * A connection is kept for the next request, for what a short request costs both sides is mostly its handshake. Not for longer:
 * one that a power cut has left half open would be waited for in vain.
 */
const idleMs = 1_000;

function agentOf(config: KubeConfig): Agent {
  const agent = agents.get(config) ?? new Agent({ keepAlive: true, timeout: idleMs, maxSockets: mostConnections });
  agents.set(config, agent);
  return agent;
}

/** Sends one request with the credentials of a kubeconfig. */
export async function sendRequest(
  config: KubeConfig,
  { method, path, body, contentType, headers }: ApiRequest,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster');
  const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
  const content = body === undefined ? undefined : JSON.stringify(body);
  // Node tells no length for the body of a DELETE by itself, and the server then takes it for none: its options would be lost.
  const ofContent = content === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(content) };
  const options: RequestOptions = {
    method,
    headers: { ...headers, accept: 'application/json', ...ofContent },
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestDeadlineMs)]),
  };
  await config.applyToHTTPSOptions(options);
  // The way through a proxy is the client's.
  if (cluster.proxyUrl === undefined) options.agent = agentOf(config);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpsRequest(new URL(path, cluster.server), options, resolve);
    sent.once('error', reject);
    sent.end(content);
  });
  const answer = await text(response);
  return { status: response.statusCode ?? 0, ...parsed(answer) };
}

function parsed(answer: string): { body: unknown; message: string } {
  try {
    const body: unknown = JSON.parse(answer);
    const message = (body as { kind?: string; message?: string } | null)?.message;
    return { body, message: typeof message === 'string' ? message : '' };
  } catch {
    return { body: answer, message: answer.slice(0, 300) };
  }
}
