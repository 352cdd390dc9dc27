/**
 * The driver's Node service: a volume that is attached to this node becomes a mounted file system, or a device file, where
 * the kubelet wants it.
 */
import { execFile } from 'node:child_process';
import type { Stats } from 'node:fs';
import { mkdir, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { status } from '@grpc/grpc-js';
import { isShared, required } from './capabilities.ts';
import { topologyKey } from './driver.ts';
import * as fileSystems from './file-systems.ts';
import { type Methods, Refusal } from './grpc.ts';
import type { ManagerClient, ManagerVolume } from './manager-client.ts';
import type {
  NodeExpandRequest,
  PublishRequest,
  StageRequest,
  StatsRequest,
  UnpublishRequest,
  UnstageRequest,
  VolumeCapability,
} from './messages.ts';
import { nodeRpc, usageUnit } from './protos.ts';
import { mountShare } from './share-mount.ts';

const run = promisify(execFile);
const defaultFsType = 'ext4';

export interface NodeFaults {
  /** Formats with this type instead of the one asked for. */
  readonly fsType: string | undefined;
  /** Says that a file system has grown, and does nothing. */
  readonly skipGrowth: boolean;
}

export class NodeService {
  readonly #manager: ManagerClient;
  readonly #nodeName: string;
  readonly #faults: () => NodeFaults;

  constructor(manager: ManagerClient, nodeName: string, faults: () => NodeFaults) {
    this.#manager = manager;
    this.#nodeName = nodeName;
    this.#faults = faults;
  }

  methods(): Methods {
    return {
      NodeStageVolume: (request: StageRequest) => this.#stage(request),
      NodeUnstageVolume: (request: UnstageRequest) => unstage(request),
      NodePublishVolume: (request: PublishRequest) => this.#publish(request),
      NodeUnpublishVolume: (request: UnpublishRequest) => unpublish(request),
      NodeGetVolumeStats: (request: StatsRequest) => this.#stats(request),
      NodeExpandVolume: (request: NodeExpandRequest) => this.#expand(request),
      NodeGetCapabilities: async () => ({ capabilities: Object.values(nodeRpc).map((type) => ({ rpc: { type } })) }),
      NodeGetInfo: async () => ({
        node_id: this.#nodeName,
        max_volumes_per_node: 0,
        accessible_topology: { segments: { [topologyKey]: this.#nodeName } },
      }),
    };
  }

  async #stage(request: StageRequest): Promise<object> {
    const target = required(request.staging_target_path, 'staging target path');
    const capability = required(request.volume_capability, 'volume capability');
    const volume = await this.#usable(required(request.volume_id, 'volume id'), target);
    if (isShared(capability, volume)) await stageShare(volume, target);
    else if (capability.block) await bindDevice(endpointOf(volume), blockPath(target, volume.name));
    else await this.#stageFileSystem(volume, target, capability);
    return {};
  }

  async #stageFileSystem(volume: ManagerVolume, target: string, capability: VolumeCapability): Promise<void> {
    if (await fileSystems.ensureMountPoint(target)) return;
    const asked = capability.mount?.fs_type || defaultFsType;
    const device = endpointOf(volume);
    // By default xfs refuses a second file system with the same UUID, as a clone on the same node has it.
    const options = [...(capability.mount?.mount_flags ?? []), ...(asked === 'xfs' ? ['nouuid'] : [])];
    const fsType = this.#faults().fsType;
    if (fsType === undefined) await fileSystems.formatAndMount(device, target, asked, options);
    else await fileSystems.formatAndMount(device, target, fsType, []);
    if (!this.#faults().skipGrowth) await fileSystems.growFileSystem(device, target);
  }

  async #publish(request: PublishRequest): Promise<object> {
    const target = required(request.target_path, 'target path');
    const staging = required(request.staging_target_path, 'staging target path');
    const capability = required(request.volume_capability, 'volume capability');
    const volume = await this.#usable(required(request.volume_id, 'volume id'), target);
    if (capability.block) {
      await bindDevice(blockPath(staging, volume.name), target);
      return {};
    }
    if (!(await fileSystems.ensureMountPoint(staging))) await this.#stage(request);
    if (!(await fileSystems.ensureMountPoint(target))) await fileSystems.bindMount(staging, target, request.readonly);
    return {};
  }

  async #stats(request: StatsRequest): Promise<object> {
    const path = required(request.volume_path, 'volume path');
    const volume = await this.#existing(required(request.volume_id, 'volume id'));
    if ((await existing(path, volume.name)).isBlockDevice()) return { usage: [{ total: Number(volume.size), unit: usageUnit.bytes }] };
    const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path);
    return {
      usage: [
        { unit: usageUnit.bytes, total: blocks * bsize, used: (blocks - bfree) * bsize, available: bavail * bsize },
        { unit: usageUnit.inodes, total: files, used: files - ffree, available: ffree },
      ],
    };
  }

  async #expand(request: NodeExpandRequest): Promise<object> {
    const size = required(request.capacity_range, 'capacity range').required_bytes;
    const capability = required(request.volume_capability, 'volume capability');
    const volume = await this.#existing(required(request.volume_id, 'volume id'));
    if (capability.block) return {};
    if (volume.state !== 'attached')
      throw new Refusal(status.FAILED_PRECONDITION, `invalid state ${volume.state} for volume ${volume.name} node expansion`);
    // A share manager grows the file system of a shared volume by itself.
    if (!isShared(capability, volume) && !this.#faults().skipGrowth)
      await fileSystems.growFileSystem(endpointOf(volume), request.staging_target_path || request.volume_path);
    return { capacity_bytes: size };
  }

  /** The volume, attached and ready. When it is not attached, what is mounted at `path` cannot be its file system any more. */
  async #usable(name: string, path: string): Promise<ManagerVolume> {
    const volume = await this.#existing(name);
    const controllers = volume.controllers ?? [];
    if (controllers.length !== 1)
      throw new Refusal(status.INVALID_ARGUMENT, `volume ${name} has invalid controller count ${controllers.length}`);
    if (volume.state !== 'attached' || controllers[0]?.endpoint === '') {
      await fileSystems.unmount(path);
      throw new Refusal(status.INVALID_ARGUMENT, `volume ${name} hasn't been attached yet`);
    }
    if (!volume.ready) throw new Refusal(status.ABORTED, `volume ${name} is not ready for workloads`);
    return volume;
  }

  async #existing(name: string): Promise<ManagerVolume> {
    const volume = await this.#manager.volume(name);
    if (volume === undefined) throw new Refusal(status.NOT_FOUND, `volume ${name} not found`);
    return volume;
  }
}

async function stageShare(volume: ManagerVolume, target: string): Promise<void> {
  if (volume.accessMode !== 'rwx')
    throw new Refusal(status.FAILED_PRECONDITION, `volume ${volume.name} requires shared access but is not marked for shared use`);
  if (volume.shareState !== 'running' || volume.shareEndpoint === '')
    throw new Refusal(status.ABORTED, `volume ${volume.name} share not yet available`);
  if (await fileSystems.ensureMountPoint(target)) return;
  await mountShare(volume.shareEndpoint, target);
}

async function unstage(request: UnstageRequest): Promise<object> {
  const target = required(request.staging_target_path, 'staging target path');
  const name = required(request.volume_id, 'volume id');
  await fileSystems.unmountAndRemove(blockPath(target, name));
  await fileSystems.unmount(target);
  return {};
}

async function unpublish(request: UnpublishRequest): Promise<object> {
  const target = required(request.target_path, 'target path');
  required(request.volume_id, 'volume id');
  await fileSystems.unmountAndRemove(target);
  return {};
}

/** A device file bound over an empty file. */
async function bindDevice(device: string, target: string): Promise<void> {
  if (await fileSystems.isMounted(target)) return;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, '');
  await run('mount', ['--bind', device, target]);
}

function blockPath(staging: string, volume: string): string {
  return join(staging, volume);
}

function endpointOf(volume: ManagerVolume): string {
  return volume.controllers?.[0]?.endpoint ?? '';
}

async function existing(path: string, volume: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Refusal(status.NOT_FOUND, `volume ${volume} is not mounted on path ${path}`);
    throw error;
  }
}
