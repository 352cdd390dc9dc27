import { type Allocation, hours, newAllocation, rate } from './allocation.ts';
import type { Series } from './prometheus.ts';
import { emptyProperties } from './properties.ts';
import { clusterOf, runningTime, type Source, value } from './query-set.ts';
import { span, type Window } from './window.ts';

/** A pod's running time in the window, and what its containers used. */
export interface Pod extends Window {
  readonly key: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly containers: Map<string, Allocation>;
}

export type Pods = Map<string, Pod>;

/** Figures above this are taken for an error of cAdvisor. */
const mostCores = 512;

export function podKey(cluster: string, namespace: string, pod: string): string {
  return `${cluster}/${namespace}/${pod}`;
}

export function podsFrom(source: Source, answer: readonly Series[], window: Window, resolution: number): Pods {
  const pods: Pods = new Map();
  for (const series of answer) {
    const { namespace, pod: name } = series.metric;
    if (namespace === undefined || name === undefined) continue;
    const cluster = clusterOf(source, series);
    const key = podKey(cluster, namespace, name);
    const time = runningTime(series, window, resolution);
    const whole = span(time, pods.get(key) ?? time);
    pods.set(key, { ...whole, key, cluster, namespace, name, containers: new Map() });
  }
  return pods;
}

/** A pod's container, made at its first mention. */
export function container(pod: Pod, name: string, window: Window): Allocation {
  const present = pod.containers.get(name);
  if (present !== undefined) return present;
  const { cluster, namespace, name: podName } = pod;
  const properties = { ...emptyProperties(), cluster, namespace, pod: podName, container: name };
  const made = newAllocation(`${cluster}/${namespace}/${podName}/${name}`, properties, window, { start: pod.start, end: pod.end });
  pod.containers.set(name, made);
  return made;
}

type Resources = Record<
  | 'cpuAllocated'
  | 'cpuRequested'
  | 'cpuUsed'
  | 'cpuUsedMost'
  | 'ramAllocated'
  | 'ramRequested'
  | 'ramUsed'
  | 'ramUsedMost'
  | 'gpuAllocated'
  | 'transferred'
  | 'received',
  readonly Series[]
>;

/** Puts the resources on the pods' containers: hours are those of the greater of allocation and request. */
export function applyResources(source: Source, pods: Pods, resources: Resources, window: Window): void {
  const apply = (answer: readonly Series[], figure: (allocation: Allocation, amount: number, node: string | undefined) => void): void => {
    for (const series of answer) {
      const pod = podOf(source, pods, series);
      const name = series.metric['container'] || series.metric['container_name'];
      if (pod !== undefined && name !== undefined) figure(container(pod, name, window), value(series), series.metric['node']);
    }
  };
  apply(resources.cpuAllocated, (allocation, cores, node) => {
    allocation.cpuCoreHours = (cores > mostCores ? 0 : cores) * hours(allocation);
    placeOn(allocation, node);
  });
  apply(resources.cpuRequested, (allocation, cores, node) => {
    allocation.cpuCoreRequestAverage = cores;
    if (rate(allocation.cpuCoreHours, allocation) < cores) allocation.cpuCoreHours = cores * hours(allocation);
    placeOn(allocation, node);
  });
  apply(resources.cpuUsed, (allocation, cores) => {
    allocation.cpuCoreUsageAverage = cores > mostCores ? 0 : cores;
  });
  apply(resources.cpuUsedMost, (allocation, cores) => {
    allocation.maxima = { cpuCoreUsageMax: cores, ramByteUsageMax: allocation.maxima?.ramByteUsageMax ?? 0 };
  });
  apply(resources.ramAllocated, (allocation, bytes, node) => {
    allocation.ramByteHours = bytes * hours(allocation);
    placeOn(allocation, node);
  });
  apply(resources.ramRequested, (allocation, bytes, node) => {
    allocation.ramByteRequestAverage = bytes;
    if (rate(allocation.ramByteHours, allocation) < bytes) allocation.ramByteHours = bytes * hours(allocation);
    placeOn(allocation, node);
  });
  apply(resources.ramUsed, (allocation, bytes) => {
    allocation.ramByteUsageAverage = bytes;
  });
  apply(resources.ramUsedMost, (allocation, bytes) => {
    allocation.maxima = { cpuCoreUsageMax: allocation.maxima?.cpuCoreUsageMax ?? 0, ramByteUsageMax: bytes };
  });
  apply(resources.gpuAllocated, (allocation, gpus) => {
    allocation.gpuHours = gpus * hours(allocation);
    allocation.gpuRequestAverage = gpus;
  });
  spread(source, pods, resources.transferred, 'networkTransferBytes');
  spread(source, pods, resources.received, 'networkReceiveBytes');
}

function placeOn(allocation: Allocation, node: string | undefined): void {
  if (node !== undefined) allocation.properties.node = node;
}

/** A pod's bytes, evenly on its containers. */
function spread(source: Source, pods: Pods, answer: readonly Series[], figure: 'networkTransferBytes' | 'networkReceiveBytes'): void {
  for (const series of answer) {
    const containers = [...(podOf(source, pods, series)?.containers.values() ?? [])];
    for (const allocation of containers) allocation[figure] = value(series) / containers.length;
  }
}

function podOf(source: Source, pods: Pods, series: Series): Pod | undefined {
  const { namespace, pod, pod_name: oldName } = series.metric;
  const name = pod || oldName;
  return namespace === undefined || name === undefined ? undefined : pods.get(podKey(clusterOf(source, series), namespace, name));
}
