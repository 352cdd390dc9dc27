import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster.ts';
import { type ConditionChange, withCondition } from '../conditions.ts';
import type { KubeNode, LonghornNode, Pod } from '../objects.ts';
import { settingReader } from '../setting-values.ts';
import { updateObject } from '../store.ts';
import { finalizer } from '../volume/new-objects.ts';

/** Sets conditions Ready and Schedulable of all nodes, and what is known of instances on a lost node. */
export async function judgeNodes(cluster: Cluster): Promise<void> {
  for (const node of cluster.nodes.all()) {
    await judgeNode(cluster, node);
    const kubeNode = cluster.kubeNodes.get(node.metadata.name);
    if (!isReady(kubeNode)) await forgetInstances(cluster, node.metadata.name);
  }
}

async function judgeNode(cluster: Cluster, node: LonghornNode): Promise<void> {
  const { name } = node.metadata;
  const kubeNode = cluster.kubeNodes.get(name);
  const now = new Date();
  if (node.status?.conditions === undefined) return;
  const after = structuredClone(node);
  after.status.conditions = withCondition(after.status.conditions, readiness(cluster, name, kubeNode), now);
  const cordoned = kubeNode?.spec.unschedulable === true && settingReader(cluster.settings).flag('disable-scheduling-on-cordoned-node');
  const schedulable: ConditionChange = cordoned
    ? { type: 'Schedulable', status: 'False', reason: 'KubernetesNodeCordoned', message: `Node ${name} is cordoned` }
    : { type: 'Schedulable', status: 'True' };
  after.status.conditions = withCondition(after.status.conditions, schedulable, now);
  const labels = kubeNode?.metadata.labels ?? {};
  after.status.zone = labels['topology.kubernetes.io/zone'] ?? '';
  after.status.region = labels['topology.kubernetes.io/region'] ?? '';
  if (!isDeepStrictEqual(node.status, after.status)) await updateObject(cluster, cluster.nodes, node, after);
}

function readiness(cluster: Cluster, name: string, kubeNode: KubeNode | undefined): ConditionChange {
  const down = (reason: string, message: string): ConditionChange => ({ type: 'Ready', status: 'False', reason, message });
  if (kubeNode === undefined)
    return down(
      'KubernetesNodeGone',
      `Kubernetes node missing: node ${name} has been removed from the cluster and there is no manager pod running on it`,
    );
  if (!isReady(kubeNode)) {
    return down('KubernetesNodeNotReady', `Kubernetes node ${name} not ready: NodeStatusUnknown`);
  }
  const pressure = kubeNode.status.conditions?.find(
    ({ type, status }) => ['DiskPressure', 'PIDPressure', 'MemoryPressure', 'NetworkUnavailable'].includes(type) && status === 'True',
  );
  if (pressure !== undefined) return down('KubernetesNodePressure', `Kubernetes node ${name} has pressure: ${pressure.type}`);
  const pod = cluster.pods.all().find((candidate) => isManagerOn(candidate, cluster, name));
  if (pod === undefined) return down('ManagerPodMissing', `Manager pod is missing: node ${name} has no manager pod running on it`);
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True';
  if (!ready) return down('ManagerPodDown', `Node ${name} is down: manager pod ${pod.metadata.name} is not running`);
  return { type: 'Ready', status: 'True', message: `Node ${name} is ready` };
}

function isManagerOn(pod: Pod, cluster: Cluster, node: string): boolean {
  const { labels, namespace, deletionTimestamp } = pod.metadata;
  return (
    namespace === cluster.place.namespace &&
    labels?.['app'] === 'longhorn-manager' &&
    pod.spec.nodeName === node &&
    deletionTimestamp === undefined
  );
}

function isReady(node: KubeNode | undefined): boolean {
  return node?.status.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True';
}

/** Nobody on a lost node says any more what runs there; what shall stop counts as stopped, what is deleted is let go. */
async function forgetInstances(cluster: Cluster, node: string): Promise<void> {
  for (const manager of cluster.instanceManagers.all()) {
    if (manager.spec.nodeID !== node || manager.status?.currentState === 'unknown') continue;
    const after = structuredClone(manager);
    after.status.currentState = 'unknown';
    await updateObject(cluster, cluster.instanceManagers, manager, after);
  }
  for (const cache of [cluster.replicas, cluster.engines]) {
    for (const instance of cache.all()) {
      if (instance.spec.nodeID !== node || instance.status === undefined) continue;
      const after = structuredClone(instance);
      after.status.currentState = instance.spec.desireState === 'running' ? 'unknown' : 'stopped';
      if (after.status.currentState === 'stopped') Object.assign(after.status, { ip: '', storageIP: '', port: 0, started: false });
      if (instance.metadata.deletionTimestamp !== undefined)
        after.metadata.finalizers = (after.metadata.finalizers ?? []).filter((entry) => entry !== finalizer);
      if (!isDeepStrictEqual(instance, after))
        await updateObject(cluster, cache as typeof cluster.replicas, instance as never, after as never);
    }
  }
}
