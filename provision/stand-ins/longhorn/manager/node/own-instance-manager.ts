import { apiVersion, type Cluster } from '../cluster.ts';
import type { InstanceManager, InstanceProcess, Pod } from '../objects.ts';
import { imageLabel, instanceManagerName } from '../names.ts';
import { settingReader } from '../setting-values.ts';
import { tolerationsOf } from '../tolerations.ts';
import { createObject, updateObject } from '../store.ts';
import { type Instance, instanceManagerPort } from '../instance-manager-api.ts';
import { InstanceManagerClient } from './instance-manager-client.ts';

/** The own instance manager when it answers, with what runs in it. */
export interface OwnInstances {
  readonly manager: InstanceManager;
  readonly client: InstanceManagerClient;
  readonly ip: string;
  readonly instances: readonly Instance[];
}

/** Keeps object and pod of the own node's instance manager; undefined while it does not answer. */
export async function keepInstanceManager(cluster: Cluster): Promise<OwnInstances | undefined> {
  const name = instanceManagerName(cluster.place.nodeName, cluster.place.images.instanceManager);
  const before =
    cluster.instanceManagers.get(name) ?? (await createObject(cluster, cluster.instanceManagers, newInstanceManager(cluster, name)));
  const pod = cluster.ownPod(name);
  await keepPod(cluster, before, pod);
  const ip = pod?.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined ? (pod.status.podIP ?? '') : '';
  const client = new InstanceManagerClient(ip);
  const instances = ip === '' ? undefined : await client.instances().catch(() => undefined);
  const after = structuredClone(before);
  after.status = { ...before.status, ...statusOf(pod, ip, instances), ownerID: cluster.place.nodeName };
  const manager = await updateObject(cluster, cluster.instanceManagers, before, after);
  return instances === undefined ? undefined : { manager, client, ip, instances };
}

function statusOf(pod: Pod | undefined, ip: string, instances: readonly Instance[] | undefined): Partial<InstanceManager['status']> {
  const none = { instanceEngines: {}, instanceReplicas: {} };
  if (instances !== undefined) return { currentState: 'running', ip, ...processesOf(instances) };
  if (pod === undefined) return { currentState: 'stopped', ip: '', ...none };
  const phase = pod.status?.phase;
  return { currentState: phase === 'Failed' || phase === 'Succeeded' ? 'error' : 'starting', ip: '', ...none };
}

function processesOf(instances: readonly Instance[]): Pick<InstanceManager['status'], 'instanceEngines' | 'instanceReplicas'> {
  const pick = (kind: 'engine' | 'replica'): Record<string, InstanceProcess> =>
    Object.fromEntries(instances.filter((instance) => instance.kind === kind).map((instance) => [instance.name, processOf(instance)]));
  return { instanceEngines: pick('engine'), instanceReplicas: pick('replica') };
}

function processOf(instance: Instance): InstanceProcess {
  const port = instance.kind === 'replica' ? instance.port : 0;
  return {
    spec: { name: instance.name, dataEngine: 'v1' },
    status: {
      endpoint: instance.kind === 'engine' ? instance.endpoint : '',
      errorMsg: instance.error,
      conditions: {},
      listen: '',
      portStart: port,
      portEnd: port,
      targetPortStart: 0,
      targetPortEnd: 0,
      state: instance.state,
      type: instance.kind,
      resourceVersion: 0,
    },
  };
}

/** The pod is bare: once it has ended it is removed, and made again. */
async function keepPod(cluster: Cluster, manager: InstanceManager, pod: Pod | undefined): Promise<void> {
  if (pod === undefined) {
    await cluster.client.create(podsPath(cluster), newPod(cluster, manager));
    return;
  }
  if (pod.metadata.deletionTimestamp === undefined && hasEnded(pod))
    await cluster.client.remove(`${podsPath(cluster)}/${pod.metadata.name}`, { gracePeriodSeconds: 0 });
}

function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

function podsPath(cluster: Cluster): string {
  return `/api/v1/namespaces/${cluster.place.namespace}/pods`;
}

function labels(cluster: Cluster): Record<string, string> {
  const { images, nodeName } = cluster.place;
  return {
    'longhorn.io/component': 'instance-manager',
    'longhorn.io/data-engine': 'v1',
    'longhorn.io/instance-manager-image': imageLabel('imi', images.instanceManager),
    'longhorn.io/instance-manager-type': 'aio',
    'longhorn.io/managed-by': 'longhorn-manager',
    'longhorn.io/node': nodeName,
  };
}

function newInstanceManager(cluster: Cluster, name: string): InstanceManager {
  const { images, nodeName } = cluster.place;
  const node = cluster.nodes.get(nodeName);
  return {
    apiVersion,
    kind: 'InstanceManager',
    metadata: {
      name,
      labels: labels(cluster),
      ownerReferences: [{ apiVersion, kind: 'Node', name: nodeName, uid: node?.metadata.uid ?? '', blockOwnerDeletion: true }],
    },
    spec: { image: images.instanceManager, nodeID: nodeName, type: 'aio', dataEngine: 'v1', dataEngineSpec: { v2: { cpuMask: '' } } },
    status: {
      ownerID: nodeName,
      currentState: 'stopped',
      instanceEngines: {},
      instanceReplicas: {},
      ip: '',
      apiMinVersion: 1,
      apiVersion: 1,
      proxyApiMinVersion: 1,
      proxyApiVersion: 1,
    },
  };
}

function newPod(cluster: Cluster, manager: InstanceManager): Pod {
  const { namespace, nodeName, serviceAccount } = cluster.place;
  const { name, uid = '' } = manager.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: labels(cluster),
      ownerReferences: [{ apiVersion, kind: 'InstanceManager', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      serviceAccountName: serviceAccount,
      nodeName,
      restartPolicy: 'Never',
      priorityClassName: 'longhorn-critical',
      tolerations: tolerationsOf(settingReader(cluster.settings).text('taint-toleration')),
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: 'instance-manager',
          image: manager.spec.image,
          imagePullPolicy: 'IfNotPresent',
          securityContext: { privileged: true },
          env: [
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'POD_NAMESPACE', value: namespace },
            { name: 'NODE_NAME', value: nodeName },
            { name: 'DATA_ENGINE', value: 'v1' },
          ],
          readinessProbe: { tcpSocket: { port: instanceManagerPort }, periodSeconds: 2 },
          volumeMounts: [{ name: 'host', mountPath: '/host', mountPropagation: 'HostToContainer' }],
        },
      ] as unknown as NonNullable<Pod['spec']['containers']>,
      volumes: [{ name: 'host', hostPath: { path: '/' } }] as unknown as NonNullable<Pod['spec']['volumes']>,
    },
  };
}
