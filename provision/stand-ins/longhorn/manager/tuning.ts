import type { Cache } from './cache.ts';
import type { ConfigMap } from './objects.ts';
import type { Fault } from './view.ts';

/** ConfigMap that switches faults on: its keys are their names, each with value `on`. */
const faultsName = 'conform-faults';

/** ConfigMap whose key `factor` multiplies Longhorn's waiting times (replica-replenishment-wait-interval, staleReplicaTimeout, pauses). */
const timeScaleName = 'conform-time-scale';

export function activeFaults(configMaps: Pick<Cache<ConfigMap>, 'get'>): ReadonlySet<Fault> {
  const entries = Object.entries(configMaps.get(faultsName)?.data ?? {});
  return new Set(entries.filter(([, value]) => value === 'on').map(([name]) => name as Fault));
}

/** The factor; 1, the real times, unless a positive number is set. */
export function timeScale(configMaps: Pick<Cache<ConfigMap>, 'get'>): number {
  const factor = Number(configMaps.get(timeScaleName)?.data?.['factor'] ?? '1');
  return Number.isFinite(factor) && factor > 0 ? factor : 1;
}
