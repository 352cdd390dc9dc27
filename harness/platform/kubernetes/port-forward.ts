import { request as httpRequest } from 'node:http';
import { Duplex, PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { PortForward } from '@kubernetes/client-node';
import type { OpenSocket } from './web-socket.ts';

/** A port of a pod. */
export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What the peer answered, whatever that was; redirects are answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** Canine answers when what it writes is on its disk; a busy cluster takes its time for that. */
const deadlineMs = 60_000;

/** One connection to a port of a pod, for one request. */
export interface PodConnection {
  /** Whether the other side, or the way to it, has ended. */
  readonly isClosed: boolean;
  /** Throws when there is no answer; closes the connection. */
  ask(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

/**
 * Connects over the API server and the kubelet, as `kubectl port-forward` does: the connection begins in the pod's own
 * network namespace, so no policy and no load balancer is on the way. Throws when there is no way to the pod.
 */
export async function connectPod(open: OpenSocket, { namespace, pod, port }: PodPort): Promise<PodConnection> {
  const tunnel = new Tunnel();
  const place = { namespace, pod, isSafe: true };
  const socket = await open('portforward', place, async (config) => {
    const opened = await new PortForward(config).portForward(namespace, pod, [port], tunnel.arriving, tunnel.failing, tunnel.leaving);
    if (typeof opened === 'function') throw new TypeError('a port-forward that restarts was not asked for');
    return opened;
  });
  socket.onclose = () => tunnel.ended();
  const close = (): void => {
    socket.close();
    tunnel.destroy();
  };
  // Until it is used nobody else listens to its end.
  tunnel.on('error', () => undefined);
  return {
    get isClosed() {
      return tunnel.hasEnded;
    },
    ask: async (request, signal) => {
      try {
        return await answerThrough(tunnel, { namespace, pod, port }, request, signal);
      } finally {
        close();
      }
    },
    close,
  };
}

/** Asks a pod over a connection of its own. Throws when there is no answer within 60 s. */
export async function askPod(open: OpenSocket, pod: PodPort, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const connection = await connectPod(open, pod);
  return connection.ask(request, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
}

function answerThrough(
  tunnel: Duplex,
  { namespace, pod, port }: PodPort,
  { method, path, headers = {}, body }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = {
    method,
    path,
    headers: { host: `${pod}:${port}`, connection: 'close', ...length, ...headers },
    createConnection: () => tunnel,
    signal,
  };
  return new Promise<HttpAnswer>((resolve, reject) => {
    const failed = (error: Error): void =>
      reject(new Error(`no answer from port ${port} of pod ${namespace}/${pod}: ${error.message}`, { cause: error }));
    const sent = httpRequest(options, (response) => {
      const { 'set-cookie': cookies = [], ...others } = response.headers;
      const kept = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)]));
      text(response).then((read) => resolve({ status: response.statusCode ?? 0, headers: kept, cookies, body: read }), failed);
    });
    sent.once('error', failed);
    sent.end(body);
  });
}

/** A connection whose two directions are the streams of a port-forward. */
class Tunnel extends Duplex {
  readonly leaving = new PassThrough();
  readonly arriving = new Writable({
    write: (chunk: Buffer, _, done) => {
      this.push(chunk);
      done();
    },
  });
  /** What the kubelet says when it cannot connect. */
  readonly failing = new Writable({
    write: (chunk: Buffer, _, done) => {
      // Its first message is the port's number alone.
      if (chunk.length > 0) this.destroy(new Error(chunk.toString()));
      done();
    },
  });

  hasEnded = false;

  ended(): void {
    this.hasEnded = true;
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    // What arrives is pushed when it does.
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: () => void): void {
    this.leaving.write(chunk, encoding);
    done();
  }
}
