/**
 * Stand-in for Longhorn's instance manager with its engines and replicas, of release v1.10 (v1 data engine; read:
 * longhorn-instance-manager pkg/instance, longhorn-engine pkg/{controller,replica,dataconn,frontend}).
 *
 * Does: replicas that keep a volume's data in a sparse image on their node's disk; an engine that writes to all of its
 * replicas before it confirms, reads from one, gives a replica up that fails or is silent for 8 s, rebuilds one from
 * the others while the volume is in use, and grows. The volume is the block device /dev/longhorn/<volume> of the node.
 *
 * Does not: snapshots, backups, backing images, encryption, trim, the v2 data engine, salvage. Its interface is HTTP and
 * JSON, not gRPC. Engine and replicas are no processes of their own. The block device is a loop device on a FUSE file
 * of this process, where the real one is an iSCSI disk. A rebuild copies everything instead of comparing checksums.
 *
 * Environment: POD_IP, NODE_NAME, HOST_ROOT (the node's root file system, default /host), PORT (default 8500).
 *
 * Faults (ConfigMap conform-faults; `on`, or a comma-separated list of the subjects):
 *   replica-loses-writes  node   its replicas confirm writes and do not make them
 *   replica-silent        node   its replicas answer no engine
 *   rebuild-paused        volume its rebuilds stand still
 */
import { serve } from '@hono/node-server';
import { instanceManagerPort } from '../instance-api.ts';
import { watchFaults } from './faults.ts';
import { instanceServer } from './instance-server.ts';
import { Instances } from './instances.ts';
import { withOwnMounts } from './own-mounts.ts';

// Each engine has one thread of libuv's pool waiting for the kernel; the pool is made when it is first used.
process.env['UV_THREADPOOL_SIZE'] = '128';

const hostRoot = process.env['HOST_ROOT'] ?? '/host';
await withOwnMounts(hostRoot);
const host = process.env['POD_IP'] ?? '127.0.0.1';
const instances = new Instances({
  host,
  nodeName: process.env['NODE_NAME'] ?? '',
  hostRoot,
  faults: await watchFaults(),
});
const server = serve(
  { fetch: instanceServer(instances).fetch, port: Number(process.env['PORT'] ?? instanceManagerPort), hostname: '0.0.0.0' },
  ({ port }) => {
    process.stdout.write(`instance manager: serving on port ${port}\n`);
  },
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    server.close();
    void instances.stop().finally(() => process.exit(0));
  });
}
