import { isDeepStrictEqual } from 'node:util';
import { apiVersion, type Cluster } from '../cluster.ts';
import { isOutdated } from '../kubernetes.ts';
import { imageLabel } from '../names.ts';
import type { Pod, Service, ShareManager, VolumeAttachment } from '../objects.ts';
import { settingReader } from '../setting-values.ts';
import { tolerationsOf } from '../tolerations.ts';
import { createObject, updateObject } from '../store.ts';
import { isNodeDown } from '../view.ts';
import { finalizer } from '../volume/new-objects.ts';
import { isShareWanted, shareTicketId } from '../volume/share.ts';
import { surroundings, viewOf } from './volumes.ts';

/** Runs a share manager's pod for each shared volume that somebody wants, attached to the pod's node, and takes it away again. */
export async function reconcileShares(cluster: Cluster): Promise<void> {
  for (const manager of cluster.shareManagers.all()) {
    try {
      await stepShare(cluster, manager);
    } catch (error) {
      if (!isOutdated(error)) process.stderr.write(`longhorn-manager: share manager ${manager.metadata.name}: ${String(error)}\n`);
    }
  }
}

async function stepShare(cluster: Cluster, manager: ShareManager): Promise<void> {
  const { name } = manager.metadata;
  const pod = cluster.ownPod(podName(name));
  if (manager.metadata.deletionTimestamp !== undefined) {
    await removeShare(cluster, manager, pod);
    return;
  }
  const volume = cluster.volumes.get(name);
  const wanted = volume !== undefined && volume.metadata.deletionTimestamp === undefined && isShareWanted(viewOf(cluster, volume));
  const after = structuredClone(manager);
  after.status = { ...manager.status, ownerID: cluster.place.nodeName };
  if (wanted) await keepShared(cluster, after, pod);
  else await stopSharing(cluster, after, pod);
  if (!isDeepStrictEqual(manager, after)) await updateObject(cluster, cluster.shareManagers, manager, after);
}

async function keepShared(cluster: Cluster, manager: ShareManager, pod: Pod | undefined): Promise<void> {
  const { name } = manager.metadata;
  const service = cluster.services.get(name) ?? (await createObject(cluster, cluster.services, newService(cluster, manager)));
  if (pod === undefined) {
    manager.status.state = 'starting';
    manager.status.endpoint = '';
    await cluster.client.create(podsPath(cluster), newPod(cluster, manager));
    return;
  }
  if (!isUsable(cluster, pod)) {
    await removePod(cluster, pod);
    manager.status.state = 'error';
    manager.status.endpoint = '';
    return;
  }
  await requestAttachment(cluster, name, pod.spec.nodeName);
  const ready = pod.status?.phase === 'Running' && (pod.status.containerStatuses ?? []).every((container) => container.ready);
  manager.status.state = ready ? 'running' : 'starting';
  manager.status.endpoint = ready ? `nfs://${service.spec.clusterIP}/${name}` : '';
}

async function stopSharing(cluster: Cluster, manager: ShareManager, pod: Pod | undefined): Promise<void> {
  await requestAttachment(cluster, manager.metadata.name, undefined);
  if (pod !== undefined) await removePod(cluster, pod);
  manager.status.state = pod === undefined ? 'stopped' : 'stopping';
  manager.status.endpoint = '';
}

async function removeShare(cluster: Cluster, manager: ShareManager, pod: Pod | undefined): Promise<void> {
  const { name } = manager.metadata;
  if (cluster.services.get(name) !== undefined) await cluster.client.remove(`${cluster.services.path}/${name}`);
  if (pod !== undefined) {
    await removePod(cluster, pod);
    return;
  }
  const finalizers = (manager.metadata.finalizers ?? []).filter((entry) => entry !== finalizer);
  await updateObject(cluster, cluster.shareManagers, manager, { ...manager, metadata: { ...manager.metadata, finalizers } });
}

/** Asks for the volume on the pod's node; without a node, for none. */
async function requestAttachment(cluster: Cluster, volume: string, node: string | undefined): Promise<void> {
  const attachment = cluster.attachments.get(volume);
  if (attachment === undefined) return;
  const id = shareTicketId(volume);
  const after: VolumeAttachment = structuredClone(attachment);
  const tickets = { ...after.spec.attachmentTickets };
  if (tickets[id]?.nodeID === node) return;
  if (node === undefined) delete tickets[id];
  else
    tickets[id] = {
      id,
      type: 'share-manager-controller',
      nodeID: node,
      parameters: { disableFrontend: 'false' },
      generation: (tickets[id]?.generation ?? -1) + 1,
    };
  after.spec.attachmentTickets = tickets;
  await updateObject(cluster, cluster.attachments, attachment, after);
}

/** False for a pod that has ended, is being deleted, or is on a lost node. */
function isUsable(cluster: Cluster, pod: Pod): boolean {
  const ended = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  if (ended || pod.metadata.deletionTimestamp !== undefined) return false;
  return pod.spec.nodeName === undefined || !isNodeDown(surroundings(cluster), pod.spec.nodeName);
}

/** A lost node confirms no deletion: there the pod is taken out at once. */
async function removePod(cluster: Cluster, pod: Pod): Promise<void> {
  const lost = pod.spec.nodeName !== undefined && isNodeDown(surroundings(cluster), pod.spec.nodeName);
  if (pod.metadata.deletionTimestamp !== undefined && !lost) return;
  await cluster.client.remove(`${podsPath(cluster)}/${pod.metadata.name}`, lost ? { gracePeriodSeconds: 0 } : {});
}

function podName(volume: string): string {
  return `share-manager-${volume}`;
}

function podsPath(cluster: Cluster): string {
  return `/api/v1/namespaces/${cluster.place.namespace}/pods`;
}

function labels(manager: ShareManager): Record<string, string> {
  return {
    'longhorn.io/component': 'share-manager',
    'longhorn.io/managed-by': 'longhorn-manager',
    'longhorn.io/share-manager': manager.metadata.name,
    'longhorn.io/share-manager-image': imageLabel('smi', manager.spec.image),
  };
}

function newService(cluster: Cluster, manager: ShareManager): Service {
  const { name, uid = '' } = manager.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: cluster.place.namespace,
      labels: { 'longhorn.io/managed-by': 'longhorn-manager', 'longhorn.io/share-manager': name },
      ownerReferences: [{ apiVersion, kind: 'ShareManager', name, uid }],
    },
    spec: { type: 'ClusterIP', selector: { 'longhorn.io/share-manager': name }, ports: [{ name: 'nfs', port: 2049, protocol: 'TCP' }] },
  };
}

function newPod(cluster: Cluster, manager: ShareManager): Pod {
  const { name, uid = '' } = manager.metadata;
  const fsType = cluster.persistentVolumes.all().find((volume) => volume.spec.csi?.volumeHandle === name)?.spec.csi?.fsType ?? 'ext4';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(name),
      namespace: cluster.place.namespace,
      labels: labels(manager),
      ownerReferences: [{ apiVersion, kind: 'ShareManager', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      serviceAccountName: cluster.place.serviceAccount,
      restartPolicy: 'Never',
      priorityClassName: 'longhorn-critical',
      tolerations: tolerationsOf(settingReader(cluster.settings).text('taint-toleration')),
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: 'share-manager',
          image: manager.spec.image,
          imagePullPolicy: 'IfNotPresent',
          args: ['--debug', 'daemon', '--volume', name, '--data-engine', 'v1', '--fs', fsType],
          securityContext: { privileged: true },
          env: [
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'VOLUME_NAME', value: name },
            { name: 'FS_TYPE', value: fsType },
          ],
          readinessProbe: { tcpSocket: { port: 2049 }, periodSeconds: 2 },
          volumeMounts: [{ name: 'host-dev', mountPath: '/dev' }],
        },
      ] as unknown as NonNullable<Pod['spec']['containers']>,
      volumes: [{ name: 'host-dev', hostPath: { path: '/dev' } }] as unknown as NonNullable<Pod['spec']['volumes']>,
    },
  };
}
