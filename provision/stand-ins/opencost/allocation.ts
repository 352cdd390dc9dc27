import { aggregationKey, containerKey, type Properties } from './properties.ts';
import { hour, minute } from './duration.ts';
import { span, type Window } from './window.ts';

/** Figures that add up: hours, bytes and US dollars over the allocation's time. */
const cumulative = [
  'cpuCoreHours',
  'cpuCost',
  'gpuHours',
  'gpuCost',
  'networkTransferBytes',
  'networkReceiveBytes',
  'networkCost',
  'networkCrossZoneCost',
  'networkCrossRegionCost',
  'networkInternetCost',
  'loadBalancerCost',
  'ramByteHours',
  'ramCost',
  'sharedCost',
  'externalCost',
] as const;

/** Figures that are means over the allocation's time. */
const averages = [
  'cpuCoreRequestAverage',
  'cpuCoreUsageAverage',
  'gpuRequestAverage',
  'gpuUsageAverage',
  'ramByteRequestAverage',
  'ramByteUsageAverage',
] as const;

type Figures = Record<(typeof cumulative)[number] | (typeof averages)[number], number>;

/** Share of one volume; the key of the map is `cluster=C:name=N`. */
export interface VolumeShare {
  readonly byteHours: number;
  readonly cost: number;
  readonly providerID: string;
}

/** Share of one load balancer; the key of the map is cluster/namespace/service. */
export interface LoadBalancerShare {
  readonly service: string;
  readonly cost: number;
  readonly private: boolean;
  readonly ip: string;
  readonly hours: number;
}

/** What a container, or a sum of containers, used and cost in a window. */
export interface Allocation extends Figures {
  name: string;
  properties: Properties;
  window: Window;
  /** The time in which it ran, milliseconds. */
  start: number;
  end: number;
  volumes: ReadonlyMap<string, VolumeShare> | undefined;
  loadBalancers: ReadonlyMap<string, LoadBalancerShare> | undefined;
  /** Known only of a single container. */
  maxima: { cpuCoreUsageMax: number; ramByteUsageMax: number } | undefined;
  /** Went through an accumulation; the API's answer then has two more (empty) members. */
  accumulated: boolean;
}

export type AllocationSet = { readonly window: Window; readonly allocations: ReadonlyMap<string, Allocation> };

export type Intersection = (one: Properties, other: Properties) => Properties;

export function newAllocation(name: string, properties: Properties, window: Window, time: Window): Allocation {
  const figures = Object.fromEntries([...cumulative, ...averages].map((figure) => [figure, 0])) as Figures;
  return {
    ...figures,
    name,
    properties,
    window,
    start: time.start,
    end: time.end,
    volumes: undefined,
    loadBalancers: undefined,
    maxima: undefined,
    accumulated: false,
  };
}

export function minutes(allocation: Allocation): number {
  return (allocation.end - allocation.start) / minute;
}

export function hours(allocation: Allocation): number {
  return (allocation.end - allocation.start) / hour;
}

/** Mean over the time in which the allocation ran. */
export function rate(amountHours: number, allocation: Allocation): number {
  return minutes(allocation) <= 0 ? 0 : amountHours / hours(allocation);
}

export function volumeCost(allocation: Allocation): number {
  return sum(allocation.volumes, ({ cost }) => cost);
}

export function volumeByteHours(allocation: Allocation): number {
  return sum(allocation.volumes, ({ byteHours }) => byteHours);
}

function sum<Value>(map: ReadonlyMap<string, Value> | undefined, figure: (value: Value) => number): number {
  return [...(map?.values() ?? [])].reduce((total, value) => total + figure(value), 0);
}

export function totalCost(allocation: Allocation): number {
  const { cpuCost, gpuCost, ramCost, networkCost, loadBalancerCost, sharedCost, externalCost } = allocation;
  return cpuCost + gpuCost + ramCost + volumeCost(allocation) + networkCost + loadBalancerCost + sharedCost + externalCost;
}

/** Usage over request; 1 where something is used and paid without a request. */
export function efficiency(usage: number, request: number, cost: number): number {
  if (request > 0) return usage / request;
  return usage === 0 || cost === 0 ? 0 : 1;
}

/** CPU and RAM efficiency, weighted by their costs. */
export function totalEfficiency(allocation: Allocation): number {
  const { cpuCost, ramCost } = allocation;
  if (cpuCost + ramCost <= 0) return 0;
  const cpu = efficiency(allocation.cpuCoreUsageAverage, allocation.cpuCoreRequestAverage, cpuCost);
  const ram = efficiency(allocation.ramByteUsageAverage, allocation.ramByteRequestAverage, ramCost);
  return (cpu * cpuCost + ram * ramCost) / (cpuCost + ramCost);
}

/** The sum of two allocations, under the first one's name. Means are weighted by time, then spread over the whole time. */
export function add(one: Allocation, other: Allocation, intersect: Intersection): Allocation {
  const total = newAllocation(one.name, commonProperties(one, other, intersect), span(one.window, other.window), span(one, other));
  for (const figure of cumulative) total[figure] = one[figure] + other[figure];
  const time = minutes(total);
  for (const figure of averages) total[figure] = time > 0 ? (one[figure] * minutes(one) + other[figure] * minutes(other)) / time : 0;
  total.volumes = addVolumes(one.volumes, other.volumes);
  total.loadBalancers = addLoadBalancers(one.loadBalancers, other.loadBalancers);
  total.accumulated = one.accumulated || other.accumulated;
  return total;
}

function commonProperties(one: Allocation, other: Allocation, intersect: Intersection): Properties {
  const common = intersect(one.properties, other.properties);
  const sameContainer = aggregationKey(one.properties, containerKey) === aggregationKey(other.properties, containerKey);
  if (!sameContainer || one.properties.controller === other.properties.controller) return common;
  const controllers = [one.properties.controller, other.properties.controller].filter((name) => name !== '').toSorted();
  return { ...common, controller: controllers[0] ?? '' };
}

type Volumes = Allocation['volumes'];
type LoadBalancers = Allocation['loadBalancers'];

export function addVolumes(one: Volumes, other: Volumes): Volumes {
  if (other === undefined) return one;
  const total = new Map(one);
  for (const [key, share] of other) {
    const present = total.get(key);
    total.set(key, {
      byteHours: (present?.byteHours ?? 0) + share.byteHours,
      cost: (present?.cost ?? 0) + share.cost,
      providerID: present === undefined || present.providerID === share.providerID ? share.providerID : '',
    });
  }
  return total;
}

function addLoadBalancers(one: LoadBalancers, other: LoadBalancers): LoadBalancers {
  if (other === undefined) return one;
  const total = new Map(one);
  for (const [key, share] of other) {
    const present = total.get(key);
    total.set(key, present === undefined ? share : { ...present, cost: present.cost + share.cost, hours: present.hours + share.hours });
  }
  return total;
}

export function isIdle(allocation: Allocation): boolean {
  return allocation.name.includes('__idle__');
}

export function isUnmounted(allocation: Allocation): boolean {
  return allocation.name.includes('__unmounted__');
}

/** Adds an allocation to those of its name, or sets it. */
export function insert(allocations: Map<string, Allocation>, allocation: Allocation, intersect: Intersection): void {
  const present = allocations.get(allocation.name);
  allocations.set(allocation.name, present === undefined ? allocation : add(present, allocation, intersect));
}
