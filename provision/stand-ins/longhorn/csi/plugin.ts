/**
 * Stand-in for Longhorn's CSI plugin v1.10 (longhorn-manager csi/) with its node-driver-registrar and liveness probe:
 * the driver driver.longhorn.io of CSI v1.11.
 *
 * Does: creates, deletes, attaches, detaches and expands volumes through Longhorn's API, with its refusals; formats (xfs,
 * ext4), mounts, bind-mounts, grows them on the node; block volumes; statistics; registers with the kubelet; /healthz on
 * port 9808.
 *
 * Does not: snapshots, clones, encryption, GetCapacity (so no CSIStorageCapacity objects). A shared volume (RWX) is
 * mounted by SFTP (sshfs), not by NFS, because the lab's kernel has no NFS client: the mount's type is fuse.sshfs, and it
 * ends with this pod.
 *
 * Environment: NODE_ID, CSI_ENDPOINT (unix:///csi/csi.sock), KUBELET_REGISTRATION_PATH (the same socket as the kubelet sees
 * it), REGISTRATION_DIR, MANAGER_URL.
 *
 * Faults (ConfigMap conform-faults): csi-fs-type = ext4 or xfs: formats blank volumes with it whatever was asked;
 * csi-skip-growth = on: the file system does not follow an expansion.
 */
import { createServer } from 'node:http';
import { watchFaults } from '../data/faults.ts';
import { Controller } from './controller.ts';
import { driverName } from './driver.ts';
import { serveAt } from './grpc.ts';
import { identityMethods } from './identity.ts';
import { ManagerClient } from './manager-client.ts';
import { NodeService } from './node.ts';
import { csiProto } from './protos.ts';
import { register } from './registration.ts';
import { prepareShareMounts } from './share-mount.ts';

const healthPort = 9808;

const setting = (name: string, otherwise: string): string => process.env[name] ?? otherwise;
const socket = setting('CSI_ENDPOINT', 'unix:///csi/csi.sock').replace('unix://', '');
const manager = new ManagerClient(setting('MANAGER_URL', 'http://longhorn-backend:9500/v1'));
const faults = await watchFaults();
const node = new NodeService(manager, setting('NODE_ID', ''), () => ({
  fsType: faults.get('csi-fs-type'),
  skipGrowth: faults.get('csi-skip-growth') === 'on',
}));

await prepareShareMounts();
await serveAt(socket, [
  { proto: csiProto, name: 'csi.v1.Identity', methods: identityMethods },
  { proto: csiProto, name: 'csi.v1.Controller', methods: new Controller(manager).methods() },
  { proto: csiProto, name: 'csi.v1.Node', methods: node.methods() },
]);
await register(
  setting('REGISTRATION_DIR', '/registration'),
  setting('KUBELET_REGISTRATION_PATH', `/var/lib/kubelet/plugins/${driverName}/csi.sock`),
  (error) => {
    process.stderr.write(`csi plugin: the kubelet refused the driver: ${error}\n`);
    process.exit(1);
  },
);
createServer((_request, response) => response.end('ok')).listen(healthPort);
process.stdout.write(`csi plugin: serving at ${socket}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
