import type { ChangedCluster } from '../engine/changes/changed-cluster.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';
import { readManifest } from './kubernetes/manifest.ts';
import { recovered, wholeNode, wholenessOf } from './node-recovery.ts';

/**
 * A cluster's API, as changes to the cluster need it. Whether a node is as whole as before is asked through the run's own client:
 * the answer belongs to the undo, and no check uses the parts that it looks at.
 */
export function changedCluster(kubernetes: Kubernetes, own: Kubernetes = kubernetes): ChangedCluster {
  return {
    objects: kubernetes.raw,
    readManifest,
    wholenessOf: (node, signal) => wholenessOf(own, node, signal),
    recovered: ({ node, whole }, recovery) => recovered(own, { node, whole: wholeNode.parse(whole) }, recovery),
    readyPods: async (place) => (await own.apps.readNamespacedDaemonSet(place)).status?.numberReady ?? 0,
  };
}
