import type { Allocation } from '../../../harness/platform/opencost/allocation.ts';

/** An entry of an allocation that costs nothing, but for what is given. */
export function entry(given: Partial<Allocation>): Allocation {
  const window = { start: '2026-11-22T19:00:00Z', end: '2026-11-22T20:00:00Z' };
  return {
    name: 'n',
    ...window,
    window,
    minutes: 60,
    cpuCoreHours: 0,
    cpuCost: 0,
    cpuCostAdjustment: 0,
    cpuEfficiency: 0,
    gpuCost: 0,
    gpuCostAdjustment: 0,
    ramByteHours: 0,
    ramCost: 0,
    ramCostAdjustment: 0,
    ramEfficiency: 0,
    pvByteHours: 0,
    pvCost: 0,
    pvCostAdjustment: 0,
    networkCost: 0,
    networkCostAdjustment: 0,
    loadBalancerCost: 0,
    loadBalancerCostAdjustment: 0,
    sharedCost: 0,
    externalCost: 0,
    totalCost: 0,
    ...given,
  };
}
