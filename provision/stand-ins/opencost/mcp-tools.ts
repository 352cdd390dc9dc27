import { type Allocation, hours, minutes, totalCost, volumeByteHours, volumeCost } from './allocation.ts';
import type { AllocationSet } from './allocation.ts';
import { type AnyAsset, computeAssets } from './assets.ts';
import { totalAssetCost } from './assets-json.ts';
import type { CostModel } from './compute.ts';
import { hour, parseDuration } from './duration.ts';
import { parseAggregate } from './properties.ts';
import { type AllocationQuery, queryAllocations } from './query-allocation.ts';
import { parseWindow, rfc3339, type Window } from './window.ts';

type Arguments = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly description: string;
  /** Argument names with their JSON types. */
  readonly properties: Readonly<Record<string, 'string' | 'boolean' | 'number'>>;
  readonly required: readonly string[];
  /** What a failure is told as. */
  readonly purpose: string;
  readonly call: (model: CostModel, given: Arguments, now: number) => Promise<unknown>;
}

/** The tools that OpenCost's MCP server registers (its pkg/cmd/costmodel), without those of releases after 1.118. */
export const tools: Readonly<Record<string, Tool>> = {
  get_allocation_costs: {
    description: 'Retrieves allocation cost data.',
    properties: {
      window: 'string',
      aggregate: 'string',
      step: 'string',
      resolution: 'string',
      accumulate: 'boolean',
      share_idle: 'boolean',
      include_idle: 'boolean',
      idle_by_node: 'boolean',
      include_proportional_asset_resource_costs: 'boolean',
      include_aggregated_metadata: 'boolean',
      share_lb: 'boolean',
      filter: 'string',
    },
    required: ['window', 'aggregate'],
    purpose: 'allocation',
    call: allocationCosts,
  },
  get_asset_costs: {
    description: 'Retrieves asset cost data.',
    properties: { window: 'string' },
    required: ['window'],
    purpose: 'asset',
    call: assetCosts,
  },
  get_cloud_costs: {
    description: 'Retrieves cloud cost data.',
    properties: {
      window: 'string',
      aggregate: 'string',
      accumulate: 'string',
      filter: 'string',
      provider: 'string',
      service: 'string',
      category: 'string',
      region: 'string',
      account: 'string',
    },
    required: ['window', 'aggregate'],
    purpose: 'cloud cost',
    call: async () => {
      throw new Error('cloud cost querier not configured - check cloud-integration.json file');
    },
  },
  get_efficiency: {
    description: 'Retrieves CPU and memory efficiency with recommended requests and the savings they would bring.',
    properties: { window: 'string', aggregate: 'string', filter: 'string', buffer_multiplier: 'number' },
    required: ['window'],
    purpose: 'efficiency',
    call: efficiency,
  },
};

function textOf(given: Arguments, name: string): string {
  const value = given[name];
  return typeof value === 'string' ? value : '';
}

function windowOf(given: Arguments, now: number): Window {
  const window = parseWindow(textOf(given, 'window'), now);
  if (window === undefined)
    throw new Error(`failed to parse window '${textOf(given, 'window')}': illegal window: ${textOf(given, 'window')}`);
  return window;
}

function query(model: CostModel, given: Arguments, now: number): AllocationQuery {
  const flag = (name: string): boolean => given[name] === true;
  return {
    window: windowOf(given, now),
    step: parseDuration(textOf(given, 'step')),
    resolution: parseDuration(textOf(given, 'resolution')) || model.resolution,
    aggregate: parseAggregate(textOf(given, 'aggregate')),
    accumulation: flag('accumulate') ? 'all' : undefined,
    includeIdle: flag('include_idle'),
    idleByNode: flag('idle_by_node'),
    shareIdle: flag('share_idle'),
    aggregatedMetadata: flag('include_aggregated_metadata'),
    filter: textOf(given, 'filter'),
  };
}

/** Of several steps only the first one is told. */
async function allocationCosts(model: CostModel, given: Arguments, now: number): Promise<unknown> {
  const [first] = await queryAllocations(model, query(model, given, now));
  if (first === undefined) return { allocations: {} };
  return { allocations: { allocations: { name: 'allocations', properties: null, allocations: entries(first).map(allocationEntry) } } };
}

function entries({ allocations }: AllocationSet): readonly Allocation[] {
  return [...allocations.values()];
}

function allocationEntry(allocation: Allocation): unknown {
  const { name, cpuCost, gpuCost, ramCost, networkCost, sharedCost, externalCost, cpuCoreHours, ramByteHours, gpuHours } = allocation;
  return {
    name,
    cpuCost,
    gpuCost,
    ramCost,
    pvCost: volumeCost(allocation),
    networkCost,
    sharedCost,
    externalCost,
    totalCost: totalCost(allocation),
    cpuCoreHours,
    ramByteHours,
    gpuHours,
    pvByteHours: minutes(allocation) <= 0 ? 0 : volumeByteHours(allocation) / hours(allocation),
    start: rfc3339(allocation.start),
    end: rfc3339(allocation.end),
  };
}

async function assetCosts(model: CostModel, given: Arguments, now: number): Promise<unknown> {
  const all = await computeAssets(model, windowOf(given, now), model.resolution);
  return { assets: { assets: { name: 'assets', assets: all.map(assetEntry) } } };
}

function assetEntry(asset: AnyAsset): unknown {
  const { kind, start, end, cluster, name, providerID } = asset;
  const times = {
    start: rfc3339(start),
    end: rfc3339(end),
    minutes: (end - start) / 60_000,
    adjustment: 0,
    totalCost: totalAssetCost(asset),
  };
  const common = {
    type: kind,
    properties: { provider: 'custom', service: 'Kubernetes', cluster, name, ...(providerID === '' ? {} : { providerID }) },
    ...times,
  };
  const length = (end - start) / hour;
  switch (kind) {
    case 'Node':
      return {
        ...common,
        labels: asset.labels,
        cpuCoreHours: asset.cpuCores * length,
        ramByteHours: asset.ramBytes * length,
        cpuCost: asset.cpuCost,
        ramCost: asset.ramCost,
      };
    case 'Disk':
      return {
        ...common,
        byteHours: asset.bytes * length,
        storageClass: asset.storageClass,
        volumeName: name,
        claimName: asset.claimName,
        claimNamespace: asset.claimNamespace,
      };
    case 'LoadBalancer':
      return { ...common, private: asset.private, ip: asset.ip };
  }
}

/** Headroom of recommendations, and their least values: cores and bytes. */
const headroom = 1.2;
const leastCores = 0.001;
const leastBytes = 1024 ** 2;

async function efficiency(model: CostModel, given: Arguments, now: number): Promise<unknown> {
  const multiplier = typeof given['buffer_multiplier'] === 'number' ? given['buffer_multiplier'] : headroom;
  const aggregate = textOf(given, 'aggregate') || 'pod';
  const sets = await queryAllocations(model, query(model, { window: given['window'], filter: given['filter'], aggregate }, now));
  const running = sets.flatMap(entries).filter((allocation) => minutes(allocation) > 0);
  return { efficiencies: running.map((allocation) => efficiencyEntry(allocation, multiplier)) };
}

function divided(one: number, other: number): number {
  return other === 0 ? 0 : one / other;
}

/** "Used" are the hours that are paid for, as OpenCost takes them here: never less than the request. */
function efficiencyEntry(allocation: Allocation, multiplier: number): unknown {
  const time = hours(allocation);
  const [cores, bytes] = [allocation.cpuCoreHours / time, allocation.ramByteHours / time];
  const [requestedCores, requestedBytes] = [allocation.cpuCoreRequestAverage, allocation.ramByteRequestAverage];
  const [recommendedCores, recommendedBytes] = [Math.max(cores * multiplier, leastCores), Math.max(bytes * multiplier, leastBytes)];
  const current = totalCost(allocation);
  const other = current - allocation.cpuCost - allocation.ramCost - allocation.loadBalancerCost;
  const recommended =
    recommendedCores * divided(allocation.cpuCost, requestedCores) + recommendedBytes * divided(allocation.ramCost, requestedBytes) + other;
  return {
    name: allocation.name,
    cpuEfficiency: divided(cores, requestedCores),
    memoryEfficiency: divided(bytes, requestedBytes),
    cpuCoresRequested: requestedCores,
    cpuCoresUsed: cores,
    ramBytesRequested: requestedBytes,
    ramBytesUsed: bytes,
    recommendedCpuRequest: recommendedCores,
    recommendedRamRequest: recommendedBytes,
    resultingCpuEfficiency: divided(cores, recommendedCores),
    resultingMemoryEfficiency: divided(bytes, recommendedBytes),
    currentTotalCost: current,
    recommendedCost: recommended,
    costSavings: current - recommended,
    costSavingsPercent: divided(current - recommended, current) * 100,
    efficiencyBufferMultiplier: multiplier,
    start: rfc3339(allocation.start),
    end: rfc3339(allocation.end),
  };
}
