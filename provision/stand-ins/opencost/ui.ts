/**
 * Stand-in for the opencost-ui container: a page titled OpenCost on 9090 that shows what each namespace costs, and the API under /model.
 *
 * Follows the nginx of opencost-ui: /model/PATH goes to PATH of API_SERVER:API_PORT (0.0.0.0:9003) with its status and body, /healthz
 * is 200, other paths get the page, since the application does its own routing. Does not: show assets, cloud costs or reports.
 * Faults: none of its own; those of the exporter are seen through it.
 */
import { createServer, request as connect, type IncomingMessage, type ServerResponse } from 'node:http';
import { page, script } from './ui-page.ts';

const port = Number(process.env['UI_PORT'] ?? 9090);
const api = { host: process.env['API_SERVER'] ?? '0.0.0.0', port: Number(process.env['API_PORT'] ?? 9003) };
const prefix = '/model/';

/** As long as nginx waits for the API in opencost-ui, milliseconds. */
const patience = 180_000;

createServer((request, response) => {
  const path = request.url ?? '/';
  if (path.startsWith(prefix)) proxy(request, response, path.slice(prefix.length - 1));
  else if (path === '/healthz') send(response, 'text/plain', 'OK');
  else if (path === '/opencost.js') send(response, 'text/javascript; charset=utf-8', script);
  else send(response, 'text/html; charset=utf-8', page);
}).listen(port, () => console.log(`serving the user interface on ${port}, the API of ${api.host}:${api.port} under ${prefix}`));

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function proxy(request: IncomingMessage, response: ServerResponse, path: string): void {
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
