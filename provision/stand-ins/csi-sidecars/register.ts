import { join } from 'node:path';
import type { Server } from '@grpc/grpc-js';
import { serveAt } from '../grpc.ts';
import { registration } from './protos.ts';

export interface Driver {
  readonly name: string;
  /** Its socket as the kubelet sees it. */
  readonly endpoint: string;
}

/** Tells the kubelet of a driver: a socket in the folder that the kubelet watches. `refused` is told why, when it does not take the driver. */
export function register(folder: string, driver: Driver, refused: (error: string) => void): Promise<Server> {
  return serveAt(registrationSocket(folder, driver.name), [
    {
      ...registration,
      methods: {
        GetInfo: async () => ({ type: 'CSIPlugin', name: driver.name, endpoint: driver.endpoint, supported_versions: ['1.0.0'] }),
        NotifyRegistrationStatus: async (outcome: { plugin_registered: boolean; error: string }) => {
          if (!outcome.plugin_registered) refused(outcome.error);
          return {};
        },
      },
    },
  ]);
}

export function registrationSocket(folder: string, driver: string): string {
  return join(folder, `${driver}-reg.sock`);
}
