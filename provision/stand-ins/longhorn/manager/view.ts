import type { Engine, InstanceManager, KubeNode, LonghornNode, Replica, ShareManager, Volume, VolumeAttachment } from './objects.ts';
import type { SettingReader } from './setting-values.ts';

/** One volume with its objects: what a reconciliation reads, and, as its result, how they shall be. */
export interface VolumeView {
  volume: Volume;
  engine: Engine | undefined;
  replicas: Replica[];
  attachment: VolumeAttachment | undefined;
  shareManager: ShareManager | undefined;
  /** What happened, for events on the volume. */
  events: VolumeEvent[];
}

export interface VolumeEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Faults that can be switched on; see the header of main.ts. */
export type Fault =
  | 'no-rebuild'
  | 'ignore-anti-affinity'
  | 'keep-replica-data'
  | 'webhook-admits-all'
  | 'api-without-volumes'
  | 'refuse-volumes';

/** What a reconciliation reads besides the volume itself. */
export interface Surroundings {
  readonly nodes: readonly LonghornNode[];
  readonly kubeNodes: readonly KubeNode[];
  readonly instanceManagers: readonly InstanceManager[];
  /** Replicas of all volumes: what the disks have promised. */
  readonly allReplicas: readonly Replica[];
  readonly settings: SettingReader;
  readonly now: Date;
  /** Factor for Longhorn's waiting times: 1 is the real ones. */
  readonly timeScale: number;
  readonly faults: ReadonlySet<Fault>;
  readonly shareManagerImage: string;
  /** Eight hexadecimal digits, new at each call. */
  readonly suffix: () => string;
}

export function nodeNamed(around: Surroundings, name: string): LonghornNode | undefined {
  return around.nodes.find((node) => node.metadata.name === name);
}

/** True if Kubernetes has lost the node: it is gone, or its Ready condition is not True. */
export function isNodeDown(around: Pick<Surroundings, 'kubeNodes'>, name: string): boolean {
  const node = around.kubeNodes.find((candidate) => candidate.metadata.name === name);
  return node?.status.conditions?.find((condition) => condition.type === 'Ready')?.status !== 'True';
}

/** The running instance manager of a node. */
export function runningInstanceManager(around: Surroundings, node: string): InstanceManager | undefined {
  return around.instanceManagers.find((manager) => manager.spec.nodeID === node && manager.status?.currentState === 'running');
}
