import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseDuration } from '../duration.ts';
import type { Prometheus, Sample, Series } from '../prometheus.ts';
import type { Labels } from '../properties.ts';
import type { Load, LoadContainer, LoadNode } from './load.ts';

/** The range of a query that ends at a time; seconds. A subquery has a step. */
interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number | undefined;
}

type Known = (load: Load, range: Range) => readonly Series[];

interface Period {
  readonly since: number;
  readonly until: number;
}

/** Samples of something that was there from since to until: the steps of a subquery, or one value at the range's end. */
function samples({ since, until }: Period, { start, end, step }: Range, leftOpen: boolean, value: number): readonly Sample[] {
  if (step === undefined) return since <= end && until > start ? [[end, value]] : [];
  const first = leftOpen ? Math.floor(start / step) * step + step : Math.ceil(start / step) * step;
  const steps = Array.from({ length: Math.max(0, Math.floor((end - first) / step) + 1) }, (_, index) => first + index * step);
  return steps.filter((time) => time >= since && time <= until).map((time) => [time, value]);
}

function series(
  load: Load,
  range: Range,
  period: Period,
  { metric, value = 1 }: { readonly metric: Labels; readonly value?: number },
): readonly Series[] {
  const values = samples(period, range, load.leftOpen, value);
  return values.length === 0 ? [] : [{ metric, values }];
}

function ofContainers(figure: (container: LoadContainer) => number | undefined): Known {
  return (load, range) =>
    load.containers.flatMap((container) => {
      const { cluster, namespace, pod, node } = container;
      const value = figure(container);
      return value === undefined
        ? []
        : series(load, range, container, { metric: { cluster_id: cluster, namespace, pod, node, container: container.container }, value });
    });
}

function ofPods(
  metric: (container: LoadContainer) => Labels | undefined,
  value: (containers: readonly LoadContainer[]) => number = () => 1,
): Known {
  return (load, range) => {
    const pods = Map.groupBy(load.containers, ({ cluster, namespace, pod }) => `${cluster}/${namespace}/${pod}`);
    return [...pods.values()].flatMap((containers) => {
      const [first] = containers;
      const own = first === undefined ? undefined : metric(first);
      if (first === undefined || own === undefined) return [];
      const period = { since: Math.min(...containers.map(({ since }) => since)), until: Math.max(...containers.map(({ until }) => until)) };
      return series(load, range, period, {
        metric: { cluster_id: first.cluster, namespace: first.namespace, pod: first.pod, ...own },
        value: value(containers),
      });
    });
  };
}

function ofNodes(figure: (node: LoadNode, load: Load) => number, metric: (node: LoadNode) => Labels = () => ({})): Known {
  return (load, range) =>
    load.nodes.flatMap((node) =>
      series(load, range, node, { metric: { cluster_id: node.cluster, node: node.name, ...metric(node) }, value: figure(node, load) }),
    );
}

function prefixed(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label_${name}`, value]));
}

/** Objects that select pods: the labels that all of their pods have. */
function selectors(nameLabel: string, names: (container: LoadContainer) => readonly string[]): Known {
  return (load, range) => {
    const named = load.containers.flatMap((container) => names(container).map((name) => ({ name, container })));
    const groups = Map.groupBy(named, ({ name, container }) => `${container.cluster}/${container.namespace}/${name}`);
    return [...groups.values()].flatMap((members) => {
      const [first] = members;
      if (first === undefined) return [];
      const common = Object.entries(first.container.labels).filter(([label, value]) =>
        members.every(({ container }) => container.labels[label] === value),
      );
      const { cluster, namespace } = first.container;
      const labels = prefixed(Object.fromEntries(common));
      return series(load, range, first.container, { metric: { cluster_id: cluster, namespace, [nameLabel]: first.name, ...labels } });
    });
  };
}

function namespaces(load: Load, range: Range): readonly Series[] {
  const groups = Map.groupBy(load.containers, ({ cluster, namespace }) => `${cluster}/${namespace}`);
  return [...groups.values()].flatMap(([first]) =>
    first === undefined
      ? []
      : series(load, range, first, {
          metric: { cluster_id: first.cluster, namespace: first.namespace, ...prefixed(first.namespaceLabels) },
        }),
  );
}

function claims(value: (load: Load, bytes: number) => number): Known {
  return (load, range) =>
    load.claims.flatMap(({ cluster, namespace, name, volume, pod, bytes, since, until }) => {
      const metric = {
        cluster_id: cluster,
        namespace,
        pod,
        persistentvolumeclaim: name,
        persistentvolume: volume,
        volumename: volume,
        storageclass: 'longhorn',
      };
      return series(load, range, { since, until }, { metric, value: value(load, bytes) });
    });
}

function presence(load: Load, range: Range): readonly Series[] {
  return [...load.containers, ...load.claims].flatMap((period) => series(load, range, period, { metric: {} })).slice(0, 1);
}

const requested = (amount: number): number | undefined => (amount === 0 ? undefined : amount);
const total = (figure: (container: LoadContainer) => number) => (containers: readonly LoadContainer[]) =>
  containers.reduce((sum, container) => sum + figure(container), 0);
const gib = 1024 ** 3;

/** The first one that matches answers. */
const known: readonly (readonly [RegExp, Known])[] = [
  [/present_over_time/, presence],
  [/^avg\(kube_pod_container_status_running/, ofPods(() => ({}))],
  [/container_cpu_allocation/, ofContainers(({ cpuAllocated }) => cpuAllocated)],
  [/container_memory_allocation_bytes/, ofContainers(({ ramAllocated }) => ramAllocated)],
  [/kube_pod_container_resource_requests\{resource="cpu"/, ofContainers(({ cpuRequested }) => requested(cpuRequested))],
  [/kube_pod_container_resource_requests\{resource="memory"/, ofContainers(({ ramRequested }) => requested(ramRequested))],
  [/irate\(container_cpu_usage_seconds_total/, ofContainers(({ cpuUsedMost }) => cpuUsedMost)],
  [/rate\(container_cpu_usage_seconds_total/, ofContainers(({ cpuUsed }) => cpuUsed)],
  [/max_over_time\(container_memory_working_set_bytes/, ofContainers(({ ramUsedMost }) => ramUsedMost)],
  [/container_memory_working_set_bytes/, ofContainers(({ ramUsed }) => ramUsed)],
  [
    /container_network_transmit_bytes_total/,
    ofPods(
      () => ({}),
      total(({ transferred }) => transferred),
    ),
  ],
  [
    /container_network_receive_bytes_total/,
    ofPods(
      () => ({}),
      total(({ received }) => received),
    ),
  ],
  [/kube_namespace_labels/, namespaces],
  [/kube_pod_labels/, ofPods(({ labels }) => prefixed(labels))],
  [/service_selector_labels/, selectors('service', ({ services }) => services)],
  [
    /deployment_match_labels/,
    selectors('deployment', ({ controllerKind, controller }) => (controllerKind === 'deployment' ? [controller] : [])),
  ],
  [
    /owner_kind="DaemonSet"/,
    ofPods(({ controllerKind, controller }) => (controllerKind === 'daemonset' ? { owner_name: controller } : undefined)),
  ],
  [
    /node_total_hourly_cost/,
    ofNodes(({ cpuCapacity, ramCapacity }, { prices }) => cpuCapacity * prices.cpu + (ramCapacity / gib) * prices.ram),
  ],
  [/node_cpu_hourly_cost/, ofNodes((_, { prices }) => prices.cpu)],
  [/node_ram_hourly_cost/, ofNodes((_, { prices }) => prices.ram)],
  [/node_gpu_(hourly_cost|count)/, ofNodes(() => 0)],
  [/capacity_cpu_cores/, ofNodes(({ cpuCapacity }) => cpuCapacity)],
  [/allocatable_cpu_cores/, ofNodes(({ cpuAllocatable }) => cpuAllocatable)],
  [/capacity_memory_bytes/, ofNodes(({ ramCapacity }) => ramCapacity)],
  [/allocatable_memory_bytes/, ofNodes(({ ramAllocatable }) => ramAllocatable)],
  [
    /kube_node_labels/,
    ofNodes(
      () => 1,
      ({ labels }) => prefixed(labels),
    ),
  ],
  [/pv_hourly_cost/, claims(({ prices }) => prices.storage)],
  [/kube_persistentvolume_capacity_bytes|pod_pvc_allocation|requests_storage_bytes/, claims((_, bytes) => bytes)],
  [/kube_persistentvolumeclaim_info|kubecost_pv_info/, claims(() => 1)],
];

/** What Prometheus would answer for a time in milliseconds, with this load. */
function answerOf(load: Load, query: string, time: number): readonly Series[] {
  if (query.includes('vector(1)')) return [{ metric: {}, values: [[time / 1000, load.leftOpen ? 1 : 2]] }];
  const match = /\[(\w+)(?::(\w+))?\](?!.*\[)/.exec(query);
  const end = time / 1000;
  const seconds = (duration: string | undefined): number => (parseDuration(duration ?? '') ?? 0) / 1000;
  const range = { start: end - seconds(match?.[1]), end, step: match?.[2] === undefined ? undefined : seconds(match[2]) };
  return known.find(([pattern]) => pattern.test(query))?.[1](load, range) ?? [];
}

/** Without a network in between. */
export function fakePrometheus(load: Load): Prometheus {
  return { query: async (query, time) => answerOf(load, query, time), rangesAreLeftOpen: async () => load.leftOpen };
}

/** The same over HTTP. */
export function fakePrometheusServer(load: () => Load): Server {
  return createServer((request, response) => {
    void text(request).then((body) => {
      const parameters = new URLSearchParams(body);
      const query = parameters.get('query') ?? '';
      const result = answerOf(load(), query, Number(parameters.get('time')) * 1000).map(({ metric, values }) => ({
        metric,
        values: values.map(([time, value]) => [time, String(value)]),
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
    });
  });
}
