import { hour } from './duration.ts';
import { isPrivate } from './load-balancers.ts';
import type { Series } from './prometheus.ts';
import { assetQueries } from './queries.ts';
import { answers, carried, clusterOf, queryRange, runningTime, type Source, value } from './query-set.ts';
import type { Window } from './window.ts';

interface Asset extends Window {
  readonly cluster: string;
  readonly name: string;
  readonly providerID: string;
}

export interface NodeAsset extends Asset {
  readonly kind: 'Node';
  readonly nodeType: string;
  readonly cpuCores: number;
  readonly ramBytes: number;
  readonly gpuCount: number;
  readonly cpuCost: number;
  readonly ramCost: number;
  readonly gpuCost: number;
  /** Part of the capacity that is not allocatable. */
  readonly cpuOverhead: number;
  readonly ramOverhead: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface DiskAsset extends Asset {
  readonly kind: 'Disk';
  readonly bytes: number;
  readonly bytesUsed: number | undefined;
  readonly bytesUsedMost: number | undefined;
  readonly cost: number;
  readonly storageClass: string;
  readonly claimName: string;
  readonly claimNamespace: string;
}

export interface LoadBalancerAsset extends Asset {
  readonly kind: 'LoadBalancer';
  readonly cost: number;
  readonly ip: string;
  readonly private: boolean;
}

export type AnyAsset = NodeAsset | DiskAsset | LoadBalancerAsset;

type Answers = Record<keyof ReturnType<typeof assetQueries>, readonly Series[]>;

const gib = 1024 ** 3;

/** Nodes, persistent volumes and load balancers of a window, with their costs. */
export async function computeAssets(source: Source, window: Window, resolution: number): Promise<readonly AnyAsset[]> {
  const range = await queryRange(source, window, resolution);
  const given = await answers(source, assetQueries(range), window.end);
  return [
    ...disks(source, given, window, resolution),
    ...loadBalancers(source, given, resolution),
    ...nodes(source, given, window, resolution),
  ];
}

function nodes(source: Source, given: Answers, window: Window, resolution: number): readonly NodeAsset[] {
  const node = (series: Series): string => `${clusterOf(source, series)}/${series.metric['node']}`;
  const figures = (answer: readonly Series[]): ((key: string) => number) => {
    const all = new Map(answer.map((series) => [node(series), value(series)]));
    return (key) => all.get(key) ?? 0;
  };
  const [cores, bytes, gpus] = [figures(given.cpuCapacity), figures(given.ramCapacity), figures(given.gpuCount)];
  const [cpuPrice, ramPrice, gpuPrice] = [figures(given.cpuPrice), figures(given.ramPrice), figures(given.gpuPrice)];
  const [cpuAllocatable, ramAllocatable] = [figures(given.cpuAllocatable), figures(given.ramAllocatable)];
  const types = new Map(given.cpuPrice.map((series) => [node(series), series.metric['instance_type'] ?? '']));
  const labels = new Map(given.nodeLabels.map((series) => [node(series), carried('label_', series)]));
  return given.nodes.map((series) => {
    const key = node(series);
    const time = runningTime(series, window, resolution);
    const hours = (time.end - time.start) / hour;
    return {
      ...time,
      kind: 'Node',
      cluster: clusterOf(source, series),
      name: series.metric['node'] ?? '',
      providerID: series.metric['provider_id'] ?? '',
      nodeType: types.get(key) ?? '',
      cpuCores: cores(key),
      ramBytes: bytes(key),
      gpuCount: gpus(key),
      cpuCost: hours * cores(key) * cpuPrice(key),
      ramCost: hours * (bytes(key) / gib) * ramPrice(key),
      gpuCost: hours * gpus(key) * gpuPrice(key),
      cpuOverhead: overhead(cores(key), cpuAllocatable(key)),
      ramOverhead: overhead(bytes(key), ramAllocatable(key)),
      labels: labels.get(key) ?? {},
    };
  });
}

function overhead(capacity: number, allocatable: number): number {
  return allocatable === 0 || capacity === 0 ? 0 : (capacity - allocatable) / capacity;
}

function disks(source: Source, given: Answers, window: Window, resolution: number): readonly DiskAsset[] {
  const volume = (series: Series): string => `${clusterOf(source, series)}/${series.metric['persistentvolume']}`;
  const claim = (series: Series): string => `${series.metric['namespace']}/${series.metric['persistentvolumeclaim']}`;
  const claims = new Map(given.diskClaims.map((series) => [`${clusterOf(source, series)}/${series.metric['volumename']}`, series]));
  const [sizes, prices] = [given.diskBytes, given.diskPrice].map(
    (answer) => new Map(answer.map((series) => [volume(series), value(series)])),
  );
  const [used, usedMost] = [given.diskUsed, given.diskUsedMost].map(
    (answer) => new Map(answer.map((series) => [claim(series), value(series)])),
  );
  const classes = new Map(given.diskClass.map((series) => [volume(series), series.metric['storageclass'] ?? '__unknown__']));
  return given.disks.map((series) => {
    const time = runningTime(series, window, resolution);
    const name = series.metric['persistentvolume'] ?? '';
    const bytes = sizes?.get(volume(series)) ?? 0;
    const claimed = claims.get(volume(series));
    const claimKey = claimed === undefined ? '' : claim(claimed);
    return {
      ...time,
      kind: 'Disk',
      cluster: clusterOf(source, series),
      name,
      providerID: name,
      bytes,
      bytesUsed: used?.get(claimKey),
      bytesUsedMost: usedMost?.get(claimKey),
      cost: ((time.end - time.start) / hour) * (bytes / gib) * (prices?.get(volume(series)) ?? 0),
      storageClass: classes.get(volume(series)) ?? '',
      claimName: claimed?.metric['persistentvolumeclaim'] ?? '',
      claimNamespace: claimed?.metric['namespace'] ?? '',
    };
  });
}

function loadBalancers(source: Source, given: Answers, resolution: number): readonly LoadBalancerAsset[] {
  const key = (series: Series): string => `${series.metric['namespace']}/${series.metric['service_name']}`;
  const prices = new Map(
    given.loadBalancerPrice.filter((series) => series.metric['ingress_ip']).map((series) => [key(series), value(series)]),
  );
  return given.loadBalancers.map((series) => {
    const start = (series.values[0]?.[0] ?? 0) * 1000;
    const end = (series.values.at(-1)?.[0] ?? 0) * 1000;
    const ip = series.metric['ingress_ip'] ?? '';
    const cost = end === start ? 0 : ((end - start + resolution) / hour) * (prices.get(key(series)) ?? 0);
    return {
      start,
      end,
      kind: 'LoadBalancer',
      cluster: clusterOf(source, series),
      name: key(series),
      providerID: ip,
      ip,
      cost,
      private: isPrivate(ip),
    };
  });
}
