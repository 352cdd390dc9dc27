import type { Labels } from '../properties.ts';

/** A container that a fake Prometheus knows; times in seconds since the epoch. */
export interface LoadContainer {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly node: string;
  readonly labels: Labels;
  readonly namespaceLabels: Labels;
  readonly services: readonly string[];
  readonly controller: string;
  readonly controllerKind: string;
  /** First instant with a sample, and last one at which Prometheus still holds a sample valid. */
  readonly since: number;
  readonly until: number;
  readonly cpuAllocated: number;
  readonly cpuRequested: number;
  readonly cpuUsed: number;
  readonly cpuUsedMost: number;
  readonly ramAllocated: number;
  readonly ramRequested: number;
  readonly ramUsed: number;
  readonly ramUsedMost: number;
  readonly transferred: number;
  readonly received: number;
}

export interface LoadNode {
  readonly cluster: string;
  readonly name: string;
  readonly labels: Labels;
  readonly since: number;
  readonly until: number;
  readonly cpuCapacity: number;
  readonly cpuAllocatable: number;
  readonly ramCapacity: number;
  readonly ramAllocatable: number;
}

/** A claim with its volume, mounted by a pod from since to until. */
interface LoadClaim {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly volume: string;
  readonly pod: string;
  readonly bytes: number;
  readonly since: number;
  readonly until: number;
}

export interface Load {
  readonly containers: readonly LoadContainer[];
  readonly nodes: readonly LoadNode[];
  readonly claims: readonly LoadClaim[];
  readonly prices: { readonly cpu: number; readonly ram: number; readonly storage: number };
  /** Ranges as Prometheus 3 has them. */
  readonly leftOpen: boolean;
}
