import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aggregationKey, emptyProperties, parseAggregate, type Properties } from '../properties.ts';
import type { Load, LoadContainer, LoadNode } from './load.ts';

/** An allocation as it was recorded. */
interface RecordedAllocation {
  readonly properties: Partial<Properties>;
  readonly rawAllocationOnly?: { readonly cpuCoreUsageMax: number; readonly ramByteUsageMax: number };
  readonly [figure: string]: unknown;
}

interface RecordedNode {
  readonly properties: { readonly name: string; readonly cluster: string };
  readonly labels: Record<string, string>;
  readonly cpuCores: number;
  readonly ramBytes: number;
  readonly overhead: { readonly CpuOverheadFraction: number; readonly RamOverheadFraction: number };
}

type RecordedSets = readonly Readonly<Record<string, RecordedAllocation>>[];

export function recorded(file: string): string {
  return readFileSync(join(import.meta.dirname, '../recorded', file), 'utf8');
}

function recordedSets(file: string): RecordedSets {
  return (JSON.parse(recorded(file)) as { data: RecordedSets }).data;
}

/** When the recordings were made, and the first and last instants at which Prometheus had an answer. */
export const recordedAt = Date.parse('2026-11-22T19:45:44Z');
const since = Date.parse('2026-11-22T19:39:30Z') / 1000;
const until = Date.parse('2026-11-22T19:50:40Z') / 1000;

const figure = (allocation: RecordedAllocation, name: string): number => Number(allocation[name]);

/** Cores in use: from the efficiency where that has more digits, since both were rounded to five decimals; full efficiency says that there was some. */
function cores(allocation: RecordedAllocation): number {
  const [usage, request, efficiency] = ['cpuCoreUsageAverage', 'cpuCoreRequestAverage', 'cpuEfficiency'].map((name) =>
    figure(allocation, name),
  );
  if (request !== undefined && request > 0 && request < 1) return (efficiency ?? 0) * request;
  return usage === 0 && efficiency === 1 ? 1e-6 : (usage ?? 0);
}

function baseContainers(): readonly LoadContainer[] {
  const [set = {}] = recordedSets('allocation-no-aggregate-1h.json');
  return Object.values(set).map((allocation) => {
    const properties = { ...emptyProperties(), ...allocation.properties };
    const { cluster, namespace, pod, container, node, labels, namespaceLabels, services, controller, controllerKind } = properties;
    return {
      cluster,
      namespace,
      pod,
      container,
      node,
      labels,
      namespaceLabels,
      services,
      controller,
      controllerKind,
      since,
      until,
      cpuAllocated: figure(allocation, 'cpuCores'),
      cpuRequested: figure(allocation, 'cpuCoreRequestAverage'),
      cpuUsed: cores(allocation),
      cpuUsedMost: allocation.rawAllocationOnly?.cpuCoreUsageMax ?? 0,
      ramAllocated: figure(allocation, 'ramBytes'),
      ramRequested: figure(allocation, 'ramByteRequestAverage'),
      ramUsed: figure(allocation, 'ramByteUsageAverage'),
      ramUsedMost: allocation.rawAllocationOnly?.ramByteUsageMax ?? 0,
      transferred: figure(allocation, 'networkTransferBytes'),
      received: figure(allocation, 'networkReceiveBytes'),
    };
  });
}

function nodes(): readonly LoadNode[] {
  const { data } = JSON.parse(recorded('assets-7d.json')) as { data: Record<string, RecordedNode> };
  return Object.values(data).map(({ properties, labels, cpuCores, ramBytes, overhead }) => ({
    cluster: properties.cluster,
    name: properties.name,
    labels,
    since,
    until,
    cpuCapacity: cpuCores,
    cpuAllocatable: cpuCores * (1 - overhead.CpuOverheadFraction),
    ramCapacity: ramBytes,
    ramAllocatable: ramBytes * (1 - overhead.RamOverheadFraction),
  }));
}

const measured = [
  ['cpuUsed', cores],
  ['ramUsed', (allocation: RecordedAllocation) => figure(allocation, 'ramByteUsageAverage')],
  ['transferred', (allocation: RecordedAllocation) => figure(allocation, 'networkTransferBytes')],
  ['received', (allocation: RecordedAllocation) => figure(allocation, 'networkReceiveBytes')],
] as const;

/**
 * The load of a recording. Requests and allocations are the same in all of them; use was measured anew for each, some seconds later
 * and over another range, so it is taken from the recording itself: the group's total, spread as in the one without aggregation.
 */
export function recordedLoad(file: string, aggregate: string): Load {
  const prices = { cpu: 0.03, ram: 0.004, storage: 0.00005 };
  const containers = baseContainers();
  const names = parseAggregate(aggregate);
  const key = (container: LoadContainer): string => aggregationKey({ ...emptyProperties(), ...container }, names);
  const set = recordedSets(file).find((candidate) => Object.keys(candidate).length > 0) ?? {};
  const groups = Map.groupBy(containers, key);
  const scaled = containers.map((container) => {
    const [entry, group] = [set[key(container)], groups.get(key(container)) ?? []];
    if (entry === undefined) return container;
    const figures = measured.map(([own, of]) => {
      const sum = group.reduce((total, one) => total + one[own], 0);
      return [own, sum === 0 ? of(entry) / group.length : (container[own] * of(entry)) / sum];
    });
    const most =
      entry.rawAllocationOnly === undefined
        ? {}
        : { cpuUsedMost: entry.rawAllocationOnly.cpuCoreUsageMax, ramUsedMost: entry.rawAllocationOnly.ramByteUsageMax };
    return { ...container, ...most, ...(Object.fromEntries(figures) as Record<(typeof measured)[number][0], number>) };
  });
  return { containers: scaled, nodes: nodes(), claims: [], prices, leftOpen: false };
}
