/**
 * Stand-in for longhorn-ui v1.10.1 (an nginx with the web application, Deployment longhorn-ui): serves a page titled
 * Longhorn on port 8000 (LONGHORN_UI_PORT), and passes /v1/* on to the manager (LONGHORN_MANAGER_IP) as nginx does there.
 * It shows volumes and nodes; it has none of the real application's forms, and no websockets.
 */
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { page } from './page.ts';

const port = Number(process.env['LONGHORN_UI_PORT'] ?? '8000');
const manager = new URL(process.env['LONGHORN_MANAGER_IP'] ?? 'http://longhorn-backend:9500');

/** The manager may take long for an answer; nginx waits 60 s. */
const managerTimeoutMs = 60_000;

createServer((incoming, outgoing) => {
  if (incoming.url?.startsWith('/v1') === true) passOn(incoming, outgoing);
  else servePage(incoming, outgoing);
}).listen(port, '0.0.0.0', () => process.stdout.write(`longhorn-ui: serving on ${port}, API of ${manager.href}\n`));

process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));

function servePage(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') {
    outgoing.writeHead(405, { 'content-type': 'text/html' }).end('<html><head><title>405 Not Allowed</title></head></html>\n');
    return;
  }
  outgoing.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=0' });
  outgoing.end(incoming.method === 'HEAD' ? undefined : page);
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const headers = { ...incoming.headers, 'x-forwarded-host': incoming.headers.host ?? '', 'x-forwarded-proto': 'http' };
  const options = {
    host: manager.hostname,
    port: manager.port,
    path: incoming.url,
    method: incoming.method,
    headers,
    timeout: managerTimeoutMs,
  };
  const onward: ClientRequest = request(options, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('timeout', () => onward.destroy(new Error('the manager does not answer')));
  onward.on('error', (error) => {
    process.stderr.write(`longhorn-ui: ${incoming.url}: ${error.message}\n`);
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<html><head><title>502 Bad Gateway</title></head></html>\n');
  });
  incoming.pipe(onward);
}
