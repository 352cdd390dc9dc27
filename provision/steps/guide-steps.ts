import type { Profile } from '../../guide/cluster.ts';
import type { OptionName } from '../options.ts';
import { adminAccessSteps } from './admin-access-steps.ts';
import { addressPools, defaultPool, networkSteps } from './network-steps.ts';
import { canine, canineBuilder, costSteps, platformNamespaces, slowerEngineProbes, storageSteps } from './platform-steps.ts';
import { longhornManagerTolerates, longhornTolerates, optionSteps, speakerTolerates } from './option-steps.ts';
import type { Step } from './step.ts';
import { tenantSteps } from './tenant-steps.ts';

/**
 * The guide's steps, from a cluster that Talos has bootstrapped to the verified platform, and its optional sections. They are in the
 * guide's order, with two exceptions: the address pool waits for MetalLB's webhook and the tenants wait for Canine, so other parts
 * start first; and a correction that concerns how something is installed stands where that is installed.
 */
export function guideSteps(profile: Profile, options: readonly OptionName[] = []): Step[] {
  const tolerating = profile === 'corrected' && options.includes('opt-7');
  return [
    ...networkSteps,
    ...(tolerating ? [speakerTolerates] : []),
    ...platformNamespaces(profile),
    ...(tolerating ? [longhornTolerates] : []),
    ...storageSteps(profile),
    ...(tolerating ? [longhornManagerTolerates] : []),
    slowerEngineProbes,
    canine(profile),
    ...costSteps(profile, options),
    defaultPool,
    canineBuilder,
    ...tenantSteps(profile),
    ...adminAccessSteps(profile),
    addressPools(profile),
    ...optionSteps(profile, options),
  ];
}
