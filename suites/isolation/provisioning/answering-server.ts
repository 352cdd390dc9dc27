import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Environment } from './guide-script.ts';

/** The server's answer to every request. */
export interface Answer {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/html';
  readonly body: string;
}

/** A request as the server was sent it. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A web server at the admin workstation, in the place of another. */
export interface AnsweringServer {
  /** The requests that it was sent, in order. */
  readonly requests: readonly LoggedRequest[];
  /** Sends curl to it, whatever server a script names: as the proxy of unencrypted HTTP (curl(1), http_proxy). kubectl speaks HTTPS, and is not sent anywhere. */
  readonly environment: Environment;
}

/**
 * Lends a server that gives one answer to everything, and closes it. The checks run on the admin workstation's network, so
 * that its loopback is the guide's reader's own.
 */
export async function withAnsweringServer<T>(answer: Answer, use: (server: AnsweringServer) => Promise<T>): Promise<T> {
  const requests: LoggedRequest[] = [];
  const server = createServer((request, response) => void logAndAnswer(request, response, { answer, requests }));
  const port = await listen(server);
  try {
    return await use({ requests, environment: sentTo(port) });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The environment that sends curl to where nobody listens. */
export async function nobodyAnswers(): Promise<Environment> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return sentTo(port);
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function sentTo(port: number): Environment {
  return { http_proxy: `http://127.0.0.1:${port}`, no_proxy: '' };
}

async function logAndAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, requests }: { answer: Answer; requests: LoggedRequest[] },
): Promise<void> {
  const body = await text(request);
  requests.push({ method: request.method ?? '', path: new URL(request.url ?? '', 'http://canine').pathname, body });
  response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
}
