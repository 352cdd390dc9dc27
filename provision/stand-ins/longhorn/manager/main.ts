/**
 * Stand-in for longhorn-manager v1.10.1 (facts from its source at v1.10.0: controller/, scheduler/, api/, webhook/, types/),
 * on every worker as DaemonSet longhorn-manager.
 *
 * Does: the REST API on :9500 (volumes with attach, detach, expand, salvage, replicaRemove, updateAccessMode, updateReplicaCount; nodes,
 * settings, engine images, instance managers, attachments); the admission webhook on :9502 with the real refusals for
 * volumes, settings, nodes, replicas, engine images, attachments, instance managers; the custom resources' states and
 * conditions: scheduling (node anti-affinity, tags, over-provisioning, minimal available, reserved), attachment by tickets,
 * health, rebuilds onto old data or, after replica-replenishment-wait-interval, onto new replicas, auto-salvage, expansion,
 * share managers, deletion with data, node-down-pod-deletion-policy, settings from ConfigMap longhorn-default-setting.
 *
 * Does not: snapshots, backups, backing images, recurring jobs, encryption, live migration, replica auto-balance, eviction,
 * data locality, zones, data engine v2, engine upgrades, orphans, metrics, DaemonSet of the engine image, websockets of the UI. One elected
 * manager (Lease longhorn-manager-leader) does the cluster's work where the real ones share it out; each does its node's.
 * iSCSI and NFS are not there: see the instance manager and the share manager.
 *
 * ConfigMap conform-time-scale, key `factor`: multiplies Longhorn's own waiting times; 1 without it.
 *
 * Faults (ConfigMap conform-faults in the own namespace, `<name>: "on"`):
 *   no-rebuild            degraded volumes stay so
 *   ignore-anti-affinity  replicas of a volume may lie on one node
 *   keep-replica-data     a deleted replica leaves its folder on the disk
 *   webhook-admits-all    the validating webhook refuses nothing
 *   api-without-volumes   GET /v1/volumes lists none
 *   refuse-volumes        POST /v1/volumes answers 500
 */
import { parseArgs } from 'node:util';
import { serveApi } from './api/server.ts';
import { Cluster, type Place } from './cluster.ts';
import { inClusterAddress, KubernetesClient } from './kubernetes.ts';
import { Leadership } from './leader.ts';
import { keepInstallation } from './leading/installation.ts';
import { judgeNodes } from './leading/node-health.ts';
import { reconcileShares } from './leading/shares.ts';
import { reconcileVolumes } from './leading/volumes.ts';
import { deletePodsOfLostNodes, describeWorkloads, remountWorkloads } from './leading/workloads.ts';
import { Loop } from './loop.ts';
import { syncEngines } from './node/own-engines.ts';
import { keepInstanceManager } from './node/own-instance-manager.ts';
import { keepOwnNode } from './node/own-node.ts';
import { syncReplicas } from './node/own-replicas.ts';
import { registerWebhook, serveWebhook } from './webhook/server.ts';

/** How often the instance manager is asked, and disks are measured, when nothing else changes. */
const instancesEveryMs = 1000;
const diskEveryMs = 5000;
const leaderEveryMs = 2000;

const stop = new AbortController();
const cluster = new Cluster(new KubernetesClient(inClusterAddress()), placeOf(process.argv.slice(2)));

process.stdout.write(`longhorn-manager: starting on ${cluster.place.nodeName}\n`);
await cluster.start(stop.signal);

let ca: string | undefined;
const ownDisk = new Loop('own node', diskEveryMs, () => keepOwnNode(cluster));
const ownInstances = new Loop('own instances', instancesEveryMs, syncOwnInstances);
const leading = new Loop('leader', leaderEveryMs, lead);
const leadership = new Leadership(cluster, () => leading.notify());
cluster.onChange(() => {
  ownInstances.notify();
  leading.notify();
});

ca = await serveWebhook(cluster);
serveApi(cluster);
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
void leadership.run(stop.signal);
void leading.run(stop.signal);
void ownDisk.run(stop.signal);
void ownInstances.run(stop.signal);

async function syncOwnInstances(): Promise<void> {
  if (cluster.nodes.get(cluster.place.nodeName) === undefined) return;
  const own = await keepInstanceManager(cluster);
  if (own === undefined) return;
  await syncReplicas(cluster, own);
  await syncEngines(cluster, own);
}

async function lead(): Promise<void> {
  if (!leadership.isLeader()) return;
  await keepInstallation(cluster);
  if (ca !== undefined) {
    await registerWebhook(cluster, ca);
    ca = undefined;
  }
  await judgeNodes(cluster);
  await reconcileVolumes(cluster);
  await reconcileShares(cluster);
  await describeWorkloads(cluster);
  await deletePodsOfLostNodes(cluster);
  await remountWorkloads(cluster);
}

async function end(): Promise<void> {
  await leadership.resign().catch(() => undefined);
  process.exit(0);
}

/** The manager's place from its environment, and the release's images from its command line, which is the real one's. */
function placeOf(args: readonly string[]): Place {
  const image = { type: 'string' } as const;
  const options = {
    'engine-image': image,
    'instance-manager-image': image,
    'share-manager-image': image,
    'backing-image-manager-image': image,
    'support-bundle-manager-image': image,
    'manager-image': image,
    'service-account': image,
  };
  const { values } = parseArgs({ args: [...args], options, strict: false });
  const text = (name: string): string => (typeof values[name] === 'string' ? values[name] : '');
  return {
    nodeName: required('NODE_NAME'),
    podName: required('POD_NAME'),
    podIP: required('POD_IP'),
    namespace: required('POD_NAMESPACE'),
    serviceAccount: text('service-account'),
    images: {
      engine: text('engine-image'),
      instanceManager: text('instance-manager-image'),
      shareManager: text('share-manager-image'),
      backingImageManager: text('backing-image-manager-image'),
      supportBundle: text('support-bundle-manager-image'),
    },
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
