/**
 * Stand-in for livenessprobe (kubernetes-csi), whose modules the Go proxy refuses.
 *
 * Does: /healthz on --health-port asks the driver at --csi-address for CSI's Probe: 200 when it says that it is ready, else 500.
 *
 * Does not: metrics.
 */
import { createServer } from 'node:http';
import { readFlags, socketPath } from './arguments.ts';
import { caller } from '../grpc.ts';
import { isReady } from './is-ready.ts';
import { identity } from './protos.ts';

const flags = readFlags(process.argv.slice(2), { 'csi-address': '/run/csi/socket', 'health-port': '9808' });
const ask = caller(socketPath(flags['csi-address']), identity);

createServer((request, response) => {
  if (request.url !== '/healthz') {
    response.writeHead(404).end();
    return;
  }
  void isReady(ask).then(
    (ready) => response.writeHead(ready ? 200 : 500).end(ready ? 'ok' : 'the driver is not ready'),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(Number(flags['health-port']), () => process.stdout.write(`livenessprobe: serving on ${flags['health-port']}\n`));

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
