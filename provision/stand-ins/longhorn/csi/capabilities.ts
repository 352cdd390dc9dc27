/**
 * What a volume is asked to be.
 */
import { status } from '@grpc/grpc-js';
import { Refusal } from './grpc.ts';
import type { ManagerVolume } from './manager-client.ts';
import type { VolumeCapability } from './messages.ts';
import { accessMode } from './protos.ts';

const supportedModes: ReadonlySet<number> = new Set(Object.values(accessMode));

/** Throws the refusal that Longhorn's driver gives for capabilities that it does not have. */
export function checkCapabilities(capabilities: readonly VolumeCapability[]): void {
  if (capabilities.length === 0) throw new Refusal(status.INVALID_ARGUMENT, 'Volume Capabilities cannot be empty');
  for (const capability of capabilities) checkCapability(capability);
}

function checkCapability({ mount, block, access_mode: access }: VolumeCapability): void {
  if (!mount && !block) throw new Refusal(status.INVALID_ARGUMENT, 'failed to have both mount and block access type be undefined');
  if (mount && block) throw new Refusal(status.INVALID_ARGUMENT, 'failed to have both block and mount access type');
  const mode = access?.mode ?? 0;
  if (!supportedModes.has(mode)) throw new Refusal(status.INVALID_ARGUMENT, `access mode ${mode} is not supported`);
}

/** The volume is mounted on several nodes at once, through its share manager. */
export function isShared(capability: VolumeCapability | null | undefined, volume?: ManagerVolume): boolean {
  return volume?.accessMode === 'rwx' || capability?.access_mode?.mode === accessMode.multiNodeMultiWriter;
}

export function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined || value === '') throw new Refusal(status.INVALID_ARGUMENT, `${what} missing in request`);
  return value;
}
