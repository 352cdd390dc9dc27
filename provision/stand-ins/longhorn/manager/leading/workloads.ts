import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../cluster.ts';
import { timestamp } from '../conditions.ts';
import { isOutdated } from '../kubernetes.ts';
import type { KubernetesStatus, PersistentVolume, Pod, Volume, WorkloadStatus } from '../objects.ts';
import { settingReader } from '../setting-values.ts';
import { updateObject } from '../store.ts';
import { isNodeDown } from '../view.ts';

/** Writes into each volume which PersistentVolume, claim and pods use it. */
export async function describeWorkloads(cluster: Cluster): Promise<void> {
  const byHandle = new Map(
    cluster.persistentVolumes
      .all()
      .filter((volume) => volume.spec.csi?.driver === 'driver.longhorn.io')
      .map((volume) => [volume.spec.csi?.volumeHandle, volume]),
  );
  for (const volume of cluster.volumes.all()) {
    if (volume.status?.kubernetesStatus === undefined || volume.metadata.deletionTimestamp !== undefined) continue;
    const kubernetesStatus = statusOf(cluster, volume.status.kubernetesStatus, byHandle.get(volume.metadata.name));
    const actualSize = actualSizeOf(cluster, volume);
    const status = { ...volume.status, kubernetesStatus, actualSize };
    if (isDeepStrictEqual(status, volume.status)) continue;
    await updateObject(cluster, cluster.volumes, volume, { ...volume, status }).catch(ignoreOutdated);
  }
}

/** Deletes pods that hold on to a lost node, as far as the setting node-down-pod-deletion-policy allows. */
export async function deletePodsOfLostNodes(cluster: Cluster): Promise<void> {
  const policy = settingReader(cluster.settings).text('node-down-pod-deletion-policy');
  if (policy === 'do-nothing') return;
  const controllers = { 'delete-statefulset-pod': ['StatefulSet'], 'delete-deployment-pod': ['ReplicaSet'] }[policy] ?? [
    'StatefulSet',
    'ReplicaSet',
  ];
  for (const pod of cluster.pods.all()) {
    const { deletionTimestamp, name, namespace, ownerReferences } = pod.metadata;
    const controlled = ownerReferences?.some((owner) => owner.controller === true && controllers.includes(owner.kind)) === true;
    if (!controlled || deletionTimestamp === undefined || Date.parse(deletionTimestamp) > Date.now()) continue;
    if (
      pod.spec.nodeName === undefined ||
      !isNodeDown({ kubeNodes: cluster.kubeNodes.all() }, pod.spec.nodeName) ||
      !usesLonghorn(cluster, pod)
    )
      continue;
    process.stdout.write(`longhorn-manager: force deleting pod ${namespace}/${name} of lost node ${pod.spec.nodeName}\n`);
    await cluster.client.remove(`/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0 });
  }
}

/** Deletes the pods of a volume that came back under them: their mount is of a device that is gone. */
export async function remountWorkloads(cluster: Cluster): Promise<void> {
  if (!settingReader(cluster.settings).flag('auto-delete-pod-when-volume-detached-unexpectedly')) return;
  for (const volume of cluster.volumes.all()) {
    const { state, remountRequestedAt, robustness } = volume.status ?? {};
    if (state !== 'attached' || robustness === 'faulted' || !remountRequestedAt) continue;
    for (const pod of podsOf(cluster, volume.status.kubernetesStatus)) await deleteIfOlder(cluster, pod, remountRequestedAt);
  }
}

async function deleteIfOlder(cluster: Cluster, pod: Pod, requestedAt: string): Promise<void> {
  const { creationTimestamp = '', deletionTimestamp, name, namespace, ownerReferences } = pod.metadata;
  const controlled = ownerReferences?.some((owner) => owner.controller === true) === true;
  if (!controlled || deletionTimestamp !== undefined || Date.parse(creationTimestamp) > Date.parse(requestedAt)) return;
  process.stdout.write(`longhorn-manager: deleting pod ${namespace}/${name}: its volume requested remount at ${requestedAt}\n`);
  await cluster.client.remove(`/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 30 });
}

function statusOf(cluster: Cluster, known: KubernetesStatus, volume: PersistentVolume | undefined): KubernetesStatus {
  if (volume === undefined)
    return { ...known, pvName: '', pvStatus: '', lastPVCRefAt: known.pvcName === '' ? '' : known.lastPVCRefAt || timestamp(new Date()) };
  const phase = volume.status?.phase ?? '';
  const { name = '', namespace = '' } = volume.spec.claimRef ?? {};
  const named = {
    ...known,
    pvName: volume.metadata.name,
    pvStatus: phase,
    namespace,
    pvcName: name,
    lastPVCRefAt: phase === 'Bound' ? '' : known.lastPVCRefAt,
  };
  return { ...named, ...podsFields(cluster, named) };
}

function podsFields(cluster: Cluster, named: KubernetesStatus): Pick<KubernetesStatus, 'workloadsStatus' | 'lastPodRefAt'> {
  const pods = podsOf(cluster, named);
  if (pods.length > 0) return { workloadsStatus: pods.map((pod) => workloadOf(pod)), lastPodRefAt: '' };
  const workloadsStatus = named.workloadsStatus ?? [];
  const justLeft = workloadsStatus.length > 0 && named.lastPodRefAt === '';
  return { workloadsStatus, lastPodRefAt: justLeft ? timestamp(new Date()) : named.lastPodRefAt };
}

function podsOf(cluster: Cluster, status: KubernetesStatus): Pod[] {
  if (status.pvcName === '') return [];
  const uses = (pod: Pod): boolean => pod.spec.volumes?.some((entry) => entry.persistentVolumeClaim?.claimName === status.pvcName) === true;
  return cluster.pods.all().filter((pod) => pod.metadata.namespace === status.namespace && uses(pod));
}

function workloadOf(pod: Pod): WorkloadStatus {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
  return {
    podName: pod.metadata.name,
    podStatus: pod.status?.phase ?? '',
    workloadName: owner?.name ?? '',
    workloadType: owner?.kind ?? '',
  };
}

function usesLonghorn(cluster: Cluster, pod: Pod): boolean {
  const claims = new Set(pod.spec.volumes?.map((entry) => entry.persistentVolumeClaim?.claimName).filter((name) => name !== undefined));
  return cluster.persistentVolumes.all().some(({ spec: { claimRef, csi } }) => {
    return csi?.driver === 'driver.longhorn.io' && claimRef?.namespace === pod.metadata.namespace && claims.has(claimRef?.name ?? '');
  });
}

/** Bytes in use, as the engine's node last measured them. */
function actualSizeOf(cluster: Cluster, volume: Volume): number {
  const engine = cluster.engines.get(`${volume.metadata.name}-e-0`);
  const measured = Number(engine?.status?.snapshots?.['volume-head']?.size ?? 0);
  return measured > 0 ? measured : (volume.status.actualSize ?? 0);
}

function ignoreOutdated(error: unknown): void {
  if (!isOutdated(error)) throw error;
}
