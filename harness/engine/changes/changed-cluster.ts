import type { ApiObject, Objects } from './objects.ts';

/** What was well before a node lost its power; plain data, which only the cluster that noted it can read. */
type Wholeness = Readonly<Record<string, unknown>>;

/** A cluster, as far as changes to it and their undo need one. */
export interface ChangedCluster {
  readonly objects: Objects;
  /** The objects of a manifest's file, with values put in for `${NAME}`. */
  readManifest(file: string, values: Readonly<Record<string, string>>): Promise<ApiObject[]>;
  /** Notes what is well on a node, and depends on it. */
  wholenessOf(node: string, signal: AbortSignal): Promise<Wholeness>;
  /** Gives a node its power back, and waits until what was well is well again. Throws a WaitTimeout. */
  recovered(
    lost: { readonly node: string; readonly whole: Wholeness },
    recovery: { readonly powerOn: () => Promise<void>; readonly signal: AbortSignal },
  ): Promise<void>;
  /** How many pods of a DaemonSet are Ready. */
  readyPods(daemonSet: { readonly namespace: string; readonly name: string }): Promise<number>;
}
