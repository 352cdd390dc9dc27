/**
 * Stand-in for node-driver-registrar (kubernetes-csi), whose modules the Go proxy refuses.
 *
 * Does: asks the driver at --csi-address for its name and registers it, with --kubelet-registration-path, at the kubelet's
 * registration API in /registration; ends with 1 when the kubelet refuses.
 *
 * Does not: metrics, an own health endpoint, --mode.
 */
import { rm } from 'node:fs/promises';
import { readFlags, socketPath } from './arguments.ts';
import { caller } from '../grpc.ts';
import { identity } from './protos.ts';
import { register, registrationSocket } from './register.ts';

const folder = '/registration';
/** The driver may come up later than this. */
const driverWithinMs = 120_000;

const flags = readFlags(process.argv.slice(2), { 'csi-address': '/csi/csi.sock', 'kubelet-registration-path': '' });
const ask = caller(socketPath(flags['csi-address']), identity);
const { name } = (await ask('GetPluginInfo', {}, driverWithinMs)) as { name: string };
await register(folder, { name, endpoint: flags['kubelet-registration-path'] }, (error) => {
  process.stderr.write(`node-driver-registrar: the kubelet refused ${name}: ${error}\n`);
  process.exit(1);
});
process.stdout.write(`node-driver-registrar: ${name} is offered to the kubelet\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void rm(registrationSocket(folder, name), { force: true }).finally(() => process.exit(0)));
}
