import { add, type Allocation, type AllocationSet, insert, type Intersection, isIdle, isUnmounted, newAllocation } from './allocation.ts';
import type { AnyAsset } from './assets.ts';
import { day, hour, week } from './duration.ts';
import { aggregationKey, emptyProperties } from './properties.ts';
import { floor, span, type Window } from './window.ts';

/** What the nodes cost beyond what was allocated on them, one allocation a node (pkg/costmodel/costmodel.go, computeIdleAllocations). */
export function idleAllocations({ window, allocations }: AllocationSet, assets: readonly AnyAsset[]): readonly Allocation[] {
  return assets
    .filter((asset) => asset.kind === 'Node')
    .map((node) => {
      const onNode = [...allocations.values()].filter(
        (allocation) =>
          allocation.properties.cluster === node.cluster && allocation.properties.node === node.name && !isUnmounted(allocation),
      );
      const cost = (resource: 'cpuCost' | 'ramCost' | 'gpuCost'): number =>
        node[resource] - onNode.reduce((total, allocation) => total + allocation[resource], 0);
      const properties = { ...emptyProperties(), cluster: node.cluster, node: node.name, providerID: node.name };
      const idle = newAllocation(`${node.cluster}/${node.name}/__idle__`, properties, window, node);
      return Object.assign(idle, { cpuCost: cost('cpuCost'), ramCost: cost('ramCost'), gpuCost: cost('gpuCost') });
    });
}

export interface Aggregation {
  readonly aggregate: readonly string[];
  readonly shareIdle: boolean;
  readonly idleByNode: boolean;
  readonly intersect: Intersection;
}

/** Sums a set by the named properties. Idle is one entry, or spread in proportion to each resource's cost on its node or cluster. */
export function aggregateBy(
  { window, allocations }: AllocationSet,
  { aggregate, shareIdle, idleByNode, intersect }: Aggregation,
): AllocationSet {
  const working = [...allocations.values()].filter((allocation) => !isIdle(allocation));
  if (working.length === 0) return { window, allocations: new Map() };
  const idle = [...allocations.values()].filter(isIdle);
  const place = ({ properties }: Allocation): string => (idleByNode ? `${properties.cluster}/${properties.node}` : properties.cluster);
  const undistributed = shareIdle ? spreadIdle(idle, working, place) : idle;
  const aggregated = new Map<string, Allocation>();
  for (const allocation of working)
    insert(aggregated, { ...allocation, window, name: aggregationKey(allocation.properties, aggregate) }, intersect);
  for (const allocation of undistributed) insert(aggregated, { ...allocation, window, name: '__idle__' }, intersect);
  return { window, allocations: aggregated };
}

const resources = [
  ['cpuCost', 'cpuCoreHours'],
  ['ramCost', 'ramByteHours'],
  ['gpuCost', 'gpuHours'],
] as const;

/** Adds idle costs to the allocations of the same place, and returns what nobody there could take. */
function spreadIdle(idle: readonly Allocation[], working: Allocation[], place: (allocation: Allocation) => string): readonly Allocation[] {
  const before = working.map((allocation) => ({ ...allocation }));
  return idle.flatMap((one) => {
    const left = { ...one };
    for (const [cost, amount] of resources) {
      const sharers = before.flatMap((allocation, index) => (place(allocation) === place(one) ? [{ allocation, index }] : []));
      const total = sharers.reduce((sum, { allocation }) => sum + allocation[cost], 0);
      if (total <= 0) continue;
      for (const { allocation, index } of sharers) {
        const present = working[index] ?? allocation;
        const part = allocation[cost] / total;
        working[index] = { ...present, [cost]: present[cost] + one[cost] * part, [amount]: present[amount] + one[amount] * part };
      }
      left[cost] = 0;
    }
    return resources.some(([cost]) => left[cost] > 0) ? [left] : [];
  });
}

/** How sets are summed over time: all, or by the UTC hour, day, week (from Sunday) or month in which they begin. */
export const accumulations = ['all', 'hour', 'day', 'week', 'month'] as const;
export type Accumulation = (typeof accumulations)[number];

export function accumulate(sets: readonly AllocationSet[], by: Accumulation, intersect: Intersection): readonly AllocationSet[] {
  const groups = Map.groupBy(sets, ({ window }) => period(window, by));
  return [...groups.values()].map((group) => sumOfSets(group, intersect));
}

function period({ start }: Window, by: Accumulation): number {
  const date = new Date(start);
  switch (by) {
    case 'all':
      return 0;
    case 'hour':
      return floor(start, hour);
    case 'day':
      return floor(start, day);
    case 'week':
      return floor(start + 4 * day, week);
    case 'month':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
}

function sumOfSets(sets: readonly AllocationSet[], intersect: Intersection): AllocationSet {
  const window = sets.map((set) => set.window).reduce(span);
  const total = new Map<string, Allocation>();
  for (const [key, allocation] of sets.flatMap((set) => [...set.allocations])) {
    const present = total.get(key);
    total.set(key, { ...(present === undefined ? allocation : add(present, allocation, intersect)), window, accumulated: true });
  }
  return { window, allocations: total };
}
