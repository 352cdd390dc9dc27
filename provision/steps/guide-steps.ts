import type { Profile } from '../../guide/cluster.ts';
import { adminAccessSteps } from './admin-access-steps.ts';
import { addressPools, defaultPool, networkSteps } from './network-steps.ts';
import { canine, costSteps, platformNamespaces, storageSteps } from './platform-steps.ts';
import type { Step } from './step.ts';
import { tenantSteps } from './tenant-steps.ts';

/** The guide's steps in the guide's order, from a cluster that Talos has bootstrapped to the verified platform. */
export function guideSteps(profile: Profile): Step[] {
  return [
    ...networkSteps,
    ...platformNamespaces(profile),
    defaultPool,
    ...storageSteps(profile),
    canine(profile),
    ...tenantSteps(profile),
    ...costSteps(profile),
    ...adminAccessSteps(profile),
    addressPools(profile),
  ];
}
