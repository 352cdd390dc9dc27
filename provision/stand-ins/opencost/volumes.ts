import { addVolumes, type VolumeShare } from './allocation.ts';
import { hour } from './duration.ts';
import { container, podKey, type Pod, type Pods } from './pods.ts';
import type { Series } from './prometheus.ts';
import { unmounted } from './properties.ts';
import { clusterOf, runningTime, type Source, value } from './query-set.ts';
import type { Window } from './window.ts';

const gib = 1024 ** 3;

/** Above 10 PiB a size is taken for an error. */
const mostBytes = 10 * 1024 ** 5;

interface Volume extends Window {
  readonly cluster: string;
  readonly name: string;
  readonly bytes: number;
  readonly pricePerGibHour: number;
  readonly providerID: string;
}

interface Claim extends Window {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly bytes: number;
  readonly volume: Volume;
}

type VolumeAnswers = Record<
  'volumes' | 'claims' | 'volumePrice' | 'volumeBytes' | 'volumeMeta' | 'claimBytes' | 'podClaims',
  readonly Series[]
>;

/** Charges volumes to the pods that mount their claims; what nobody mounts goes to an unmounted pod of the namespace or cluster. */
export function applyVolumes(
  source: Source,
  pods: Pods,
  given: VolumeAnswers,
  time: { readonly window: Window; readonly resolution: number },
): void {
  const volumes = volumesFrom(source, given, time.window, time.resolution);
  const claims = claimsFrom(source, given, volumes, time);
  const mounts = mountsFrom(source, given.podClaims, pods, claims);
  for (const [claim, mounting] of mounts) chargeClaim(claim, mounting, pods, time.window);
  const claimed = new Set([...claims.values()].map((claim) => claim.volume));
  for (const claim of claims.values())
    if (!mounts.has(claim)) chargeUnmounted(claim.volume, unmountedPod(pods, time.window, claim.cluster, claim.namespace));
  for (const volume of volumes.values()) if (!claimed.has(volume)) chargeUnmounted(volume, unmountedPod(pods, time.window, volume.cluster));
}

function volumesFrom(source: Source, given: VolumeAnswers, window: Window, resolution: number): ReadonlyMap<string, Volume> {
  const lookup = (answer: readonly Series[], label: string): ReadonlyMap<string, Series> =>
    new Map(answer.map((series) => [`${clusterOf(source, series)}/${series.metric[label]}`, series]));
  const [prices, sizes, metas] = [
    lookup(given.volumePrice, 'volumename'),
    lookup(given.volumeBytes, 'persistentvolume'),
    lookup(given.volumeMeta, 'persistentvolume'),
  ];
  return new Map(
    given.volumes.map((series) => {
      const cluster = clusterOf(source, series);
      const name = series.metric['persistentvolume'] ?? '';
      const key = `${cluster}/${name}`;
      const [price, size] = [prices.get(key), sizes.get(key)];
      const bytes = size === undefined || value(size) >= mostBytes ? 0 : value(size);
      const pricePerGibHour = price === undefined ? 0 : value(price);
      const providerID = metas.get(key)?.metric['provider_id'] ?? '';
      return [key, { ...runningTime(series, window, resolution), cluster, name, bytes, pricePerGibHour, providerID }];
    }),
  );
}

function claimsFrom(
  source: Source,
  given: VolumeAnswers,
  volumes: ReadonlyMap<string, Volume>,
  { window, resolution }: { readonly window: Window; readonly resolution: number },
): ReadonlyMap<string, Claim> {
  const key = (series: Series): string =>
    `${clusterOf(source, series)}/${series.metric['namespace']}/${series.metric['persistentvolumeclaim']}`;
  const sizes = new Map(given.claimBytes.map((series) => [key(series), value(series)]));
  const claims = new Map<string, Claim>();
  for (const series of given.claims) {
    const { namespace = '', persistentvolumeclaim: name = '', volumename } = series.metric;
    const cluster = clusterOf(source, series);
    const volume = volumes.get(`${cluster}/${volumename}`);
    if (volume === undefined) continue;
    claims.set(key(series), {
      ...runningTime(series, window, resolution),
      cluster,
      namespace,
      name,
      volume,
      bytes: sizes.get(key(series)) ?? 0,
    });
  }
  return claims;
}

function mountsFrom(
  source: Source,
  podClaims: readonly Series[],
  pods: Pods,
  claims: ReadonlyMap<string, Claim>,
): ReadonlyMap<Claim, readonly Pod[]> {
  const mounts = new Map<Claim, Pod[]>();
  for (const series of podClaims) {
    const { namespace = '', pod: podName = '', persistentvolumeclaim: name = '' } = series.metric;
    const cluster = clusterOf(source, series);
    const pod = pods.get(podKey(cluster, namespace, podName));
    const claim = claims.get(`${cluster}/${namespace}/${name}`);
    if (claim === undefined || pod === undefined || pod.containers.size === 0) continue;
    mounts.set(claim, [...(mounts.get(claim) ?? []), pod]);
  }
  return mounts;
}

/**
 * Shares a claim's cost among its pods by the part of the claim's time in which each had it, and evenly where several had it at
 * once. As in OpenCost (getPVCCostCoefficients, applyPVCsToPods), a part is taken of the pod's own hours: a pod that ran half of
 * the claim's time pays a quarter, and time without a pod is charged over the whole window.
 */
function chargeClaim(claim: Claim, mounting: readonly Pod[], pods: Pods, window: Window): void {
  for (const [pod, part] of parts(claim, mounting, () => unmountedPod(pods, window, claim.cluster, claim.namespace))) {
    charge(pod, claim.volume, claim.bytes * ((pod.end - pod.start) / hour) * part);
  }
}

function parts(claim: Claim, mounting: readonly Pod[], nobody: () => Pod): ReadonlyMap<Pod, number> {
  const all = new Map<Pod, number>();
  const times = mounting
    .map((pod) => ({ pod, start: Math.max(pod.start, claim.start), end: Math.min(pod.end, claim.end) }))
    .filter(({ start, end }) => start < end);
  const bounds = [...new Set([claim.start, claim.end, ...times.flatMap(({ start, end }) => [start, end])])].toSorted(
    (one, other) => one - other,
  );
  for (const [index, start] of bounds.slice(0, -1).entries()) {
    const end = bounds[index + 1] ?? start;
    const active = times.filter((time) => time.start <= start && time.end >= end).map(({ pod }) => pod);
    const payers = active.length > 0 ? active : [nobody()];
    for (const pod of payers) all.set(pod, (all.get(pod) ?? 0) + (end - start) / (claim.end - claim.start) / payers.length);
  }
  return all;
}

function charge(pod: Pod, volume: Volume, byteHours: number): void {
  for (const allocation of pod.containers.values()) {
    const part = byteHours / pod.containers.size;
    const share: VolumeShare = { byteHours: part, cost: (part / gib) * volume.pricePerGibHour, providerID: volume.providerID };
    allocation.volumes = addVolumes(allocation.volumes, new Map([[`cluster=${volume.cluster}:name=${volume.name}`, share]]));
  }
}

function chargeUnmounted(volume: Volume, pod: Pod): void {
  charge(pod, { ...volume, providerID: '' }, volume.bytes * ((volume.end - volume.start) / hour));
}

/** The pod that unmounted volumes and unused load balancers of a namespace, or of the whole cluster, are charged to. */
export function unmountedPod(pods: Pods, window: Window, cluster: string, namespace?: string): Pod {
  const name = namespace === undefined ? unmounted : `${namespace}-unmounted-pvcs`;
  const key = podKey(cluster, namespace ?? unmounted, name);
  const present = pods.get(key);
  if (present !== undefined) return present;
  const pod: Pod = { ...window, key, cluster, namespace: namespace ?? unmounted, name, containers: new Map() };
  container(pod, unmounted, window);
  pods.set(key, pod);
  return pod;
}
