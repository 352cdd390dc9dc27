/**
 * The driver's Controller service: every request becomes requests to Longhorn's API, and is answered when the volume has
 * become what was asked.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { checkCapabilities, isShared, required } from './capabilities.ts';
import { driverName } from './driver.ts';
import { type Methods, Refusal } from './grpc.ts';
import { type ManagerClient, ManagerError, type ManagerVolume } from './manager-client.ts';
import type {
  ControllerExpandRequest,
  ControllerPublishRequest,
  ControllerUnpublishRequest,
  CreateVolumeRequest,
  ValidateRequest,
  VolumeRequest,
} from './messages.ts';
import { controllerRpc } from './protos.ts';
import { volumeOptions } from './volume-options.ts';

const mebibyte = 1024 * 1024;
/** Longhorn makes no smaller volume, and no smaller one with xfs (longhorn/longhorn#8488). */
const minimalSize = 10 * mebibyte;
const minimalXfsSize = 300 * mebibyte;
const sizeStep = 2 * mebibyte;

export interface Waiting {
  /** How long a volume may take to become what was asked; Longhorn: 2 min and 2 s. */
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

const usualWaiting: Waiting = { timeoutMs: 120_000, intervalMs: 500 };

export class Controller {
  readonly #manager: ManagerClient;
  readonly #waiting: Waiting;

  constructor(manager: ManagerClient, waiting = usualWaiting) {
    this.#manager = manager;
    this.#waiting = waiting;
  }

  methods(): Methods {
    return {
      CreateVolume: (request: CreateVolumeRequest) => this.#create(request),
      DeleteVolume: (request: VolumeRequest) => this.#delete(request),
      ControllerPublishVolume: (request: ControllerPublishRequest) => this.#publish(request),
      ControllerUnpublishVolume: (request: ControllerUnpublishRequest) => this.#unpublish(request),
      ValidateVolumeCapabilities: (request: ValidateRequest) => this.#validate(request),
      ControllerExpandVolume: (request: ControllerExpandRequest) => this.#expand(request),
      ControllerGetCapabilities: async () => ({ capabilities: Object.values(controllerRpc).map((type) => ({ rpc: { type } })) }),
    };
  }

  async #create(request: CreateVolumeRequest): Promise<object> {
    const name = required(request.name, 'volume id');
    checkCapabilities(request.volume_capabilities);
    const size = roundUp(Math.max(request.capacity_range?.required_bytes ?? 0, minimalSize));
    refuseWhatIsNotThere(request, size);
    const shared = request.volume_capabilities.some((capability) => isShared(capability));
    const context = { ...request.parameters, ...(shared && { share: 'true' }) };
    const known = await this.#manager.volume(name);
    if (known !== undefined) return createdVolume(known, size, request.parameters);
    const options = optionsOf(context, shared);
    await this.#manager.create({ ...options, name, size: String(size) });
    const created = await this.#until(name, (volume) => volume !== undefined && volume.state !== '' && volume.state !== 'creating');
    if (!created) throw new Refusal(status.DEADLINE_EXCEEDED, 'failed to wait for volume creation to complete');
    return { volume: { volume_id: name, capacity_bytes: size, volume_context: context } };
  }

  async #delete(request: VolumeRequest): Promise<object> {
    const name = required(request.volume_id, 'volume id');
    if ((await this.#manager.volume(name)) === undefined) return {};
    await this.#manager.delete(name);
    if (!(await this.#until(name, (volume) => volume === undefined)))
      throw new Refusal(status.DEADLINE_EXCEEDED, `failed to delete volume ${name}`);
    return {};
  }

  async #validate(request: ValidateRequest): Promise<object> {
    await this.#existing(required(request.volume_id, 'volume id'));
    checkCapabilities(request.volume_capabilities);
    const { volume_context, volume_capabilities, parameters } = request;
    return { confirmed: { volume_context, volume_capabilities, parameters } };
  }

  async #publish(request: ControllerPublishRequest): Promise<object> {
    const name = required(request.volume_id, 'volume id');
    const node = required(request.node_id, 'node id');
    const capability = required(request.volume_capability, 'volume capability');
    if (!(await this.#manager.hasNode(node))) throw new Refusal(status.NOT_FOUND, `node ${node} not found`);
    const volume = await this.#existing(name);
    if (volume.frontend !== 'blockdev')
      throw new Refusal(status.INVALID_ARGUMENT, `volume ${name} invalid frontend type ${volume.frontend}`);
    const shared = isShared(capability, volume);
    if (shared && volume.accessMode !== 'rwx') await this.#manager.act(name, 'updateAccessMode', { accessMode: 'rwx' });
    if (!volume.ready) throw new Refusal(status.ABORTED, `volume ${name} is not ready for workloads`);
    const attachment = attachmentName(name, node);
    await this.#manager.act(name, 'attach', {
      hostId: node,
      disableFrontend: false,
      attachedBy: '',
      attacherType: 'csi-attacher',
      attachmentID: attachment,
    });
    const published = await this.#until(name, (seen) => isSatisfied(seen, attachment) && (shared || isAvailableOn(seen, node)));
    if (!published) throw await this.#whyNotAttached(name, node, attachment);
    return { publish_context: {} };
  }

  async #whyNotAttached(name: string, node: string, attachment: string): Promise<Refusal> {
    const volume = await this.#manager.volume(name);
    const conditions = volume?.volumeAttachment?.attachments?.[attachment]?.conditions ?? [];
    const unsatisfied = conditions.find(({ type, status: state, message }) => type === 'Satisfied' && state === 'False' && message !== '');
    const what = `volume ${name} failed to attach to node ${node} with attachmentID ${attachment}`;
    return unsatisfied === undefined
      ? new Refusal(status.DEADLINE_EXCEEDED, what)
      : new Refusal(status.INTERNAL, `${what}: ${unsatisfied.message}`);
  }

  async #unpublish(request: ControllerUnpublishRequest): Promise<object> {
    const name = required(request.volume_id, 'volume id');
    const node = request.node_id;
    if ((await this.#manager.volume(name)) === undefined) return {};
    const attachment = attachmentName(name, node);
    await this.#manager.act(name, 'detach', { attachmentID: attachment, hostId: node, forceDetach: node === '' });
    const isGone = (volume: ManagerVolume | undefined): boolean => volume?.volumeAttachment?.attachments?.[attachment] === undefined;
    if (!(await this.#until(name, isGone)))
      throw new Refusal(status.DEADLINE_EXCEEDED, `Failed to detach volume ${name} from node ${node}`);
    return {};
  }

  async #expand(request: ControllerExpandRequest): Promise<object> {
    const name = required(request.volume_id, 'volume id');
    const size = required(request.capacity_range, 'capacity range').required_bytes;
    const capability = required(request.volume_capability, 'volume capability');
    const volume = await this.#existing(name);
    if (volume.state !== 'attached' && volume.state !== 'detached') {
      throw new Refusal(status.FAILED_PRECONDITION, `volume ${name} invalid state ${volume.state} for controller volume expansion`);
    }
    const online = volume.state === 'attached';
    await this.#grow(name, size);
    if (!(await this.#until(name, (seen) => isExpanded(seen, size)))) {
      throw new Refusal(
        status.DEADLINE_EXCEEDED,
        `volume ${name} expansion from existing capacity ${volume.size} to requested capacity ${size} failed`,
      );
    }
    return { capacity_bytes: Number((await this.#existing(name)).size), node_expansion_required: online && Boolean(capability.mount) };
  }

  async #grow(name: string, size: number): Promise<void> {
    try {
      await this.#manager.act(name, 'expand', { size: String(size) });
    } catch (error) {
      if (error instanceof ManagerError && /failed to schedule .* more bytes to disk/.test(error.message))
        throw new Refusal(status.OUT_OF_RANGE, error.message);
      throw error;
    }
  }

  async #existing(name: string): Promise<ManagerVolume> {
    const volume = await this.#manager.volume(name);
    if (volume === undefined) throw new Refusal(status.NOT_FOUND, `volume ${name} not found`);
    return volume;
  }

  /** False when the time is over. A manager that cannot be reached just now is asked again. */
  async #until(name: string, holds: (volume: ManagerVolume | undefined) => boolean): Promise<boolean> {
    const end = Date.now() + this.#waiting.timeoutMs;
    while (Date.now() < end) {
      const seen = await this.#manager.volume(name).then(
        (volume) => ({ volume }),
        () => undefined,
      );
      if (seen !== undefined && holds(seen.volume)) return true;
      await delay(this.#waiting.intervalMs);
    }
    return false;
  }
}

/** The name that Kubernetes gives the VolumeAttachment of this volume and node (pkg/volume/csi/csi_attacher.go). */
export function attachmentName(volume: string, node: string): string {
  return `csi-${createHash('sha256').update(`${volume}${driverName}${node}`).digest('hex')}`;
}

function roundUp(size: number): number {
  return Math.ceil(size / sizeStep) * sizeStep;
}

function refuseWhatIsNotThere(request: CreateVolumeRequest, size: number): void {
  if (request.volume_content_source)
    throw new Refusal(status.INVALID_ARGUMENT, 'volumes from snapshots and other volumes: the stand-in does not make them');
  const xfs = request.volume_capabilities.some(({ mount }) => mount?.fs_type === 'xfs');
  if (xfs && size < minimalXfsSize)
    throw new Refusal(status.UNKNOWN, `XFS filesystems with size ${size}, smaller than ${minimalXfsSize}, are not supported`);
}

function createdVolume(volume: ManagerVolume, size: number, context: Readonly<Record<string, string>>): object {
  const has = Number(volume.size);
  if (has !== size) throw new Refusal(status.ALREADY_EXISTS, `volume ${volume.name} size ${has} differs from requested size ${size}`);
  return { volume: { volume_id: volume.id, capacity_bytes: has, volume_context: context } };
}

function optionsOf(parameters: Readonly<Record<string, string>>, shared: boolean): Record<string, unknown> {
  try {
    return volumeOptions(parameters, shared);
  } catch (error) {
    throw new Refusal(status.INVALID_ARGUMENT, (error as Error).message);
  }
}

function isSatisfied(volume: ManagerVolume | undefined, attachment: string): boolean {
  return volume?.volumeAttachment?.attachments?.[attachment]?.satisfied === true;
}

function isAvailableOn(volume: ManagerVolume | undefined, node: string): boolean {
  return volume?.state === 'attached' && (volume.controllers ?? []).some(({ hostId, endpoint }) => hostId === node && endpoint !== '');
}

/** While the volume is detached there may be no engine that says its size. */
function isExpanded(volume: ManagerVolume | undefined, size: number): boolean {
  if (volume === undefined || Number(volume.size) < size) return false;
  const [engine] = volume.controllers ?? [];
  return engine === undefined || volume.state === 'detached' || (Number(engine.size) >= size && !engine.isExpanding);
}
