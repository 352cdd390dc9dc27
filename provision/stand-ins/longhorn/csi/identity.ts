/** The driver's Identity service. */
import { driverName, driverVersion } from './driver.ts';
import type { Methods } from './grpc.ts';
import { pluginService, volumeExpansion } from './protos.ts';

export const identityMethods: Methods = {
  GetPluginInfo: async () => ({ name: driverName, vendor_version: driverVersion }),
  GetPluginCapabilities: async () => ({
    capabilities: [
      { service: { type: pluginService.controller } },
      { service: { type: pluginService.accessibilityConstraints } },
      { volume_expansion: { type: volumeExpansion.online } },
    ],
  }),
  Probe: async () => ({}),
};
