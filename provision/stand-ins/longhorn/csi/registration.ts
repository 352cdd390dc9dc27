/**
 * Tells the kubelet of the driver (what node-driver-registrar does): a socket in the folder that the kubelet watches.
 */
import { join } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import { driverName } from './driver.ts';
import { serveAt } from './grpc.ts';
import { registrationProto } from './protos.ts';

/** `endpoint` is the driver's socket as the kubelet sees it. `refused` is told why, when the kubelet does not take the driver. */
export function register(folder: string, endpoint: string, refused: (error: string) => void): Promise<Server> {
  return serveAt(join(folder, `${driverName}-reg.sock`), [
    {
      proto: registrationProto,
      name: 'pluginregistration.Registration',
      methods: {
        GetInfo: async () => ({ type: 'CSIPlugin', name: driverName, endpoint, supported_versions: ['1.0.0'] }),
        NotifyRegistrationStatus: async (outcome: { plugin_registered: boolean; error: string }) => {
          if (!outcome.plugin_registered) refused(outcome.error);
          return {};
        },
      },
    },
  ]);
}
