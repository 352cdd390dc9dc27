import type { ChangedCluster } from '../engine/changes/changed-cluster.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';
import { readManifest } from './kubernetes/manifest.ts';
import { recovered, wholeNode, wholenessOf } from './node-recovery.ts';

/** A cluster's API, as changes to the cluster need it. */
export function changedCluster(kubernetes: Kubernetes): ChangedCluster {
  return {
    objects: kubernetes.raw,
    readManifest,
    wholenessOf: (node, signal) => wholenessOf(kubernetes, node, signal),
    recovered: ({ node, whole }, recovery) => recovered(kubernetes, { node, whole: wholeNode.parse(whole) }, recovery),
    readyPods: async (place) => (await kubernetes.apps.readNamespacedDaemonSet(place)).status?.numberReady ?? 0,
  };
}
