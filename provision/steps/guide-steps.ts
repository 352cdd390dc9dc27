import type { Profile } from '../../guide/cluster.ts';
import { adminAccessSteps } from './admin-access-steps.ts';
import { addressPools, defaultPool, networkSteps } from './network-steps.ts';
import { canine, canineBuilder, costSteps, platformNamespaces, slowerEngineProbes, storageSteps } from './platform-steps.ts';
import type { Step } from './step.ts';
import { tenantSteps } from './tenant-steps.ts';

/**
 * The guide's steps, from a cluster that Talos has bootstrapped to the verified platform. They are in the guide's order, with
 * one exception: the address pool waits for MetalLB's webhook and the tenants wait for Canine, so other parts start first.
 */
export function guideSteps(profile: Profile): Step[] {
  return [
    ...networkSteps,
    ...platformNamespaces(profile),
    ...storageSteps(profile),
    slowerEngineProbes,
    canine(profile),
    ...costSteps(profile),
    defaultPool,
    canineBuilder,
    ...tenantSteps(profile),
    ...adminAccessSteps(profile),
    addressPools(profile),
  ];
}
