/**
 * Does the tasks of VolumeAttachments, each as often as it takes, one at a time for an object.
 */
import {
  ApiException,
  type CoreV1Api,
  PatchStrategy,
  setHeaderOptions,
  type StorageV1Api,
  type V1VolumeAttachment,
} from '@kubernetes/client-node';
import { finalizer, publishRequest, type Task, taskFor } from './attachment.ts';
import { driverName } from './driver.ts';

export interface Clients {
  readonly storage: StorageV1Api;
  readonly core: CoreV1Api;
  /** Calls a method of the CSI plugin's Controller service. */
  readonly csi: (method: string, request: object, timeoutMs: number) => Promise<unknown>;
}

/** Longhorn starts the attacher with --timeout=1m50s. */
const callTimeoutMs = 110_000;
const firstRetryMs = 1000;
const lastRetryMs = 60_000;
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

export class AttachmentKeeper {
  readonly #clients: Clients;
  readonly #busy = new Set<string>();
  readonly #newest = new Map<string, V1VolumeAttachment>();

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  /** Takes note of an object, and does what there is to do. */
  look(attachment: V1VolumeAttachment): void {
    const name = attachment.metadata?.name ?? '';
    this.#newest.set(name, attachment);
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    void this.#work(name).finally(() => this.#busy.delete(name));
  }

  /** Lets go of PersistentVolumes that are being deleted and that nothing attaches any more. */
  async releaseVolumes(attachments: readonly V1VolumeAttachment[]): Promise<void> {
    const used = new Set(attachments.map(({ spec }) => spec.source.persistentVolumeName));
    const { items } = await this.#clients.core.listPersistentVolume();
    for (const { metadata } of items) {
      const held = metadata?.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true;
      if (held && !used.has(metadata.name)) await this.#setVolumeFinalizers(metadata.name ?? '', without(metadata.finalizers));
    }
  }

  async #work(name: string): Promise<void> {
    for (let retryMs = firstRetryMs; ; retryMs = Math.min(2 * retryMs, lastRetryMs)) {
      const attachment = this.#newest.get(name);
      if (attachment === undefined) return;
      const task = taskFor(attachment);
      if (task.kind === 'nothing') return;
      if (await this.#succeeds(name, task)) {
        if (this.#newest.get(name) === attachment) this.#newest.delete(name);
        retryMs = firstRetryMs / 2;
      } else {
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        await this.#refresh(name);
      }
    }
  }

  async #succeeds(name: string, task: Exclude<Task, { kind: 'nothing' }>): Promise<boolean> {
    try {
      await (task.kind === 'attach' ? this.#attach(name, task) : this.#detach(name, task));
      return true;
    } catch (error) {
      process.stderr.write(`attacher: ${task.kind} ${name}: ${String(error)}\n`);
      const problem = { message: error instanceof Error ? error.message : String(error), time: new Date().toISOString() };
      await this.#setStatus(name, task.kind === 'attach' ? { attached: false, attachError: problem } : { detachError: problem }).catch(
        () => undefined,
      );
      return false;
    }
  }

  async #attach(name: string, { volumeName, node }: { volumeName: string; node: string }): Promise<void> {
    const { core, storage, csi } = this.#clients;
    const volume = await core.readPersistentVolume({ name: volumeName });
    const attachment = await storage.readVolumeAttachment({ name });
    await storage.patchVolumeAttachment({ name, body: { metadata: { finalizers: withIt(attachment.metadata?.finalizers) } } }, mergePatch);
    await this.#setVolumeFinalizers(volumeName, withIt(volume.metadata?.finalizers));
    const response = (await csi('ControllerPublishVolume', publishRequest(volume, await this.#nodeId(node)), callTimeoutMs)) as {
      publish_context?: Record<string, string>;
    };
    await this.#setStatus(name, { attached: true, attachmentMetadata: response.publish_context ?? {}, attachError: null });
  }

  async #detach(name: string, { volumeName, node }: { volumeName: string; node: string }): Promise<void> {
    const { core, storage, csi } = this.#clients;
    const volume = await core.readPersistentVolume({ name: volumeName });
    const nodeId = await this.#nodeId(node).catch(() => node);
    await csi('ControllerUnpublishVolume', { volume_id: volume.spec?.csi?.volumeHandle ?? '', node_id: nodeId }, callTimeoutMs);
    const attachment = await storage.readVolumeAttachment({ name });
    await storage.patchVolumeAttachment({ name, body: { metadata: { finalizers: without(attachment.metadata?.finalizers) } } }, mergePatch);
  }

  /** The driver's own name of the node, by the node's CSINode. */
  async #nodeId(node: string): Promise<string> {
    const { spec } = await this.#clients.storage.readCSINode({ name: node });
    const driver = spec.drivers.find(({ name }) => name === driverName);
    if (driver === undefined) throw new Error(`CSINode ${node} does not contain driver ${driverName}`);
    return driver.nodeID;
  }

  async #setStatus(name: string, status: object): Promise<void> {
    await this.#clients.storage.patchVolumeAttachmentStatus({ name, body: { status } }, mergePatch);
  }

  async #setVolumeFinalizers(name: string, finalizers: readonly string[]): Promise<void> {
    await this.#clients.core.patchPersistentVolume({ name, body: { metadata: { finalizers } } }, mergePatch);
  }

  async #refresh(name: string): Promise<void> {
    try {
      this.#newest.set(name, await this.#clients.storage.readVolumeAttachment({ name }));
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) this.#newest.delete(name);
    }
  }
}

function withIt(finalizers: readonly string[] | undefined): string[] {
  return [...new Set([...(finalizers ?? []), finalizer])];
}

function without(finalizers: readonly string[] | undefined): string[] {
  return (finalizers ?? []).filter((name) => name !== finalizer);
}
