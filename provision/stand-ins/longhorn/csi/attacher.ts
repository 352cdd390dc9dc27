/**
 * Stand-in for csi-attacher v4.10 (kubernetes-csi/external-attacher), because its module cannot be had: serves the
 * VolumeAttachments of driver.longhorn.io through the CSI plugin on its node.
 *
 * Does: finalizers on VolumeAttachments and PersistentVolumes, ControllerPublishVolume and ControllerUnpublishVolume,
 * status.attached, attachError and detachError, retries with growing intervals.
 *
 * Does not: leader election (one replica), inline migration of in-tree volumes, ListVolumes reconciliation, metrics.
 *
 * Environment: ADDRESS (socket of the CSI plugin, /csi/csi.sock).
 *
 * Faults: none; kill the pod.
 */
import { CoreV1Api, KubeConfig, makeInformer, StorageV1Api, type V1VolumeAttachment } from '@kubernetes/client-node';
import { setTimeout as delay } from 'node:timers/promises';
import { AttachmentKeeper } from './attachment-keeper.ts';
import { caller } from './grpc.ts';
import { csiProto } from './protos.ts';

const resyncMs = 10_000;
const retryMs = 1000;
const config = new KubeConfig();
config.loadFromCluster();
const storage = config.makeApiClient(StorageV1Api);
const core = config.makeApiClient(CoreV1Api);
const csi = caller(process.env['ADDRESS'] ?? '/csi/csi.sock', { proto: csiProto, name: 'csi.v1.Controller' });
const keeper = new AttachmentKeeper({ storage, core, csi });

const informer = makeInformer(config, '/apis/storage.k8s.io/v1/volumeattachments', () => storage.listVolumeAttachment());
const changed = (attachment: V1VolumeAttachment): void => keeper.look(attachment);
informer.on('add', changed);
informer.on('update', changed);
informer.on('error', (error: unknown) => {
  say(`watch: ${String(error)}`);
  void watch();
});
await watch();
setInterval(() => void keeper.releaseVolumes(informer.list()).catch((error: unknown) => say(String(error))), resyncMs);
say('watching VolumeAttachments');

/** Starts to watch, as often as it takes. */
async function watch(): Promise<void> {
  for (;;) {
    try {
      await delay(retryMs);
      return await informer.start();
    } catch (error) {
      say(`watch: ${String(error)}`);
    }
  }
}

function say(text: string): void {
  process.stdout.write(`attacher: ${text}\n`);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
