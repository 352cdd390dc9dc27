/**
 * The page: titled OpenCost, it shows what each namespace costs, and has the API under /model.
 *
 * Follows the nginx of opencost-ui: /model/PATH goes to PATH of the API with its status and body, /healthz is 200, other paths get the
 * page, since the application does its own routing. Does not: show assets, cloud costs or reports.
 */
import { createServer, request as connect, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Api } from './api.ts';
import { page, script } from './ui-page.ts';

const prefix = '/model/';

/** As long as nginx waits for the API in opencost-ui, milliseconds. */
const patience = 180_000;

export function uiServer(api: Api): Server {
  return createServer((request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith(prefix)) proxy(api, { request, response, path: path.slice(prefix.length - 1) });
    else if (path === '/healthz') send(response, 'text/plain', 'OK');
    else if (path === '/opencost.js') send(response, 'text/javascript; charset=utf-8', script);
    else send(response, 'text/html; charset=utf-8', page);
  });
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the API. */
  readonly path: string;
}

function proxy(api: Api, { request, response, path }: Asked): void {
  const onward = connect(
    { ...api, path, method: request.method, headers: { ...request.headers, host: 'model' }, timeout: patience },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    },
  );
  onward.on('timeout', () => onward.destroy(new Error('no answer')));
  onward.on('error', () => {
    if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n');
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}
