import { type Allocation, efficiency, minutes, rate, totalCost, totalEfficiency, volumeByteHours, volumeCost } from './allocation.ts';
import type { Properties } from './properties.ts';
import { rfc3339, type Window } from './window.ts';

/** The API rounds figures to five decimals (opencost core/pkg/opencost/allocation_json.go). */
const precision = 100_000;

function rounded(figure: number): number | null {
  return Number.isFinite(figure) ? Math.round(figure * precision) / precision || 0 : null;
}

/** An allocation as the API prints it, members in its order. */
export function allocationJson(allocation: Allocation): Record<string, unknown> {
  return {
    name: allocation.name,
    properties: propertiesJson(allocation.properties),
    window: windowJson(allocation.window),
    start: rfc3339(allocation.start),
    end: rfc3339(allocation.end),
    minutes: rounded(minutes(allocation)),
    ...processorJson(allocation),
    ...networkJson(allocation),
    ...volumesJson(allocation),
    ...memoryJson(allocation),
    externalCost: rounded(allocation.externalCost),
    sharedCost: rounded(allocation.sharedCost),
    totalCost: rounded(totalCost(allocation)),
    totalEfficiency: rounded(totalEfficiency(allocation)),
    ...(allocation.maxima === undefined ? {} : { rawAllocationOnly: allocation.maxima }),
    ...(allocation.accumulated ? { proportionalAssetResourceCosts: {} } : {}),
    lbAllocations: loadBalancersJson(allocation),
    ...(allocation.accumulated ? { sharedCostBreakdown: {} } : {}),
  };
}

export function windowJson(window: Window): { start: string; end: string } {
  return { start: rfc3339(window.start), end: rfc3339(window.end) };
}

function processorJson(allocation: Allocation): Record<string, unknown> {
  const { cpuCoreRequestAverage, cpuCoreUsageAverage, cpuCost, gpuRequestAverage, gpuUsageAverage, gpuCost } = allocation;
  return {
    cpuCores: rounded(rate(allocation.cpuCoreHours, allocation)),
    cpuCoreRequestAverage: rounded(cpuCoreRequestAverage),
    cpuCoreUsageAverage: rounded(cpuCoreUsageAverage),
    cpuCoreHours: rounded(allocation.cpuCoreHours),
    cpuCost: rounded(cpuCost),
    cpuCostAdjustment: 0,
    cpuCostIdle: 0,
    cpuEfficiency: rounded(efficiency(cpuCoreUsageAverage, cpuCoreRequestAverage, cpuCost)),
    gpuCount: rounded(rate(allocation.gpuHours, allocation)),
    gpuRequestAverage: rounded(gpuRequestAverage),
    gpuUsageAverage: rounded(gpuUsageAverage),
    gpuHours: rounded(allocation.gpuHours),
    gpuCost: rounded(gpuCost),
    gpuCostAdjustment: 0,
    gpuCostIdle: 0,
    gpuEfficiency: rounded(gpuUsageAverage > 0 ? efficiency(gpuUsageAverage, gpuRequestAverage, gpuCost) : 0),
  };
}

function networkJson(allocation: Allocation): Record<string, unknown> {
  return {
    networkTransferBytes: rounded(allocation.networkTransferBytes),
    networkReceiveBytes: rounded(allocation.networkReceiveBytes),
    networkCost: rounded(allocation.networkCost),
    networkCrossZoneCost: rounded(allocation.networkCrossZoneCost),
    networkCrossRegionCost: rounded(allocation.networkCrossRegionCost),
    networkInternetCost: rounded(allocation.networkInternetCost),
    networkCostAdjustment: 0,
    loadBalancerCost: rounded(allocation.loadBalancerCost),
    loadBalancerCostAdjustment: 0,
  };
}

function volumesJson(allocation: Allocation): Record<string, unknown> {
  const { volumes } = allocation;
  return {
    pvBytes: rounded(rate(volumeByteHours(allocation), allocation)),
    pvByteHours: rounded(volumeByteHours(allocation)),
    pvCost: rounded(volumeCost(allocation)),
    pvs: volumes === undefined ? null : Object.fromEntries(sorted(volumes).map(([key, share]) => [key, { ...share, adjustment: 0 }])),
    pvCostAdjustment: 0,
  };
}

function memoryJson(allocation: Allocation): Record<string, unknown> {
  const { ramByteRequestAverage, ramByteUsageAverage, ramCost } = allocation;
  return {
    ramBytes: rounded(rate(allocation.ramByteHours, allocation)),
    ramByteRequestAverage: rounded(ramByteRequestAverage),
    ramByteUsageAverage: rounded(ramByteUsageAverage),
    ramByteHours: rounded(allocation.ramByteHours),
    ramCost: rounded(ramCost),
    ramCostAdjustment: 0,
    ramCostIdle: 0,
    ramEfficiency: rounded(efficiency(ramByteUsageAverage, ramByteRequestAverage, ramCost)),
  };
}

function loadBalancersJson({ loadBalancers }: Allocation): Record<string, unknown> | null {
  if (loadBalancers === undefined) return null;
  return Object.fromEntries(sorted(loadBalancers).map(([key, share]) => [key, { ...share, adjustment: 0 }]));
}

/** Entries by key, as Go prints maps. */
export function sorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function propertiesJson(properties: Properties): Record<string, unknown> {
  const { cluster, node, container, controller, controllerKind, namespace, pod, services, providerID } = properties;
  const { labels, annotations, namespaceLabels, namespaceAnnotations } = properties;
  const members = Object.entries({ cluster, node, container, controller, controllerKind, namespace, pod, services, providerID });
  const maps = Object.entries({ labels, annotations, namespaceLabels, namespaceAnnotations });
  return Object.fromEntries([
    ...members.filter(([, value]) => value.length > 0),
    ...maps.filter(([, map]) => Object.keys(map).length > 0).map(([name, map]) => [name, sortedLabels(map)]),
  ]);
}

function sortedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(sorted(new Map(Object.entries(labels))));
}
