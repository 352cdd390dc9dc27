/**
 * What becomes of one VolumeAttachment of the driver: attached, or detached and let go (kubernetes-csi/external-attacher v4,
 * pkg/controller/csi_handler.go).
 */
import type { V1PersistentVolume, V1VolumeAttachment } from '@kubernetes/client-node';
import { driverName } from './driver.ts';
import { accessMode } from './protos.ts';

/** Holds the VolumeAttachment until it is detached, and the PersistentVolume while it is attached. */
export const finalizer = `external-attacher/${driverName.replaceAll('.', '-')}`;

const modes: Readonly<Record<string, number>> = {
  ReadWriteOnce: accessMode.singleNodeWriter,
  ReadWriteOncePod: accessMode.singleNodeWriter,
  ReadOnlyMany: accessMode.multiNodeMultiWriter,
  ReadWriteMany: accessMode.multiNodeMultiWriter,
};

export type Task =
  | { readonly kind: 'attach'; readonly volumeName: string; readonly node: string }
  | { readonly kind: 'detach'; readonly volumeName: string; readonly node: string }
  | { readonly kind: 'nothing' };

/** What there is to do for an object as the API shows it. */
export function taskFor(attachment: V1VolumeAttachment): Task {
  const volumeName = attachment.spec.source.persistentVolumeName;
  if (attachment.spec.attacher !== driverName || volumeName === undefined) return { kind: 'nothing' };
  const node = attachment.spec.nodeName;
  if (attachment.metadata?.deletionTimestamp === undefined)
    return attachment.status?.attached === true ? { kind: 'nothing' } : { kind: 'attach', volumeName, node };
  return attachment.metadata.finalizers?.includes(finalizer) === true ? { kind: 'detach', volumeName, node } : { kind: 'nothing' };
}

/** ControllerPublishVolumeRequest for a PersistentVolume. */
export function publishRequest(volume: V1PersistentVolume, node: string): object {
  const csi = volume.spec?.csi;
  if (csi === undefined) throw new Error(`PersistentVolume ${volume.metadata?.name ?? ''} is not of CSI`);
  const mode = volume.spec?.accessModes?.map((name) => modes[name]).reduce((widest, next) => Math.max(widest ?? 0, next ?? 0), 0);
  return {
    volume_id: csi.volumeHandle,
    node_id: node,
    volume_capability: {
      ...(volume.spec?.volumeMode === 'Block'
        ? { block: {} }
        : { mount: { fs_type: csi.fsType ?? '', mount_flags: volume.spec?.mountOptions ?? [] } }),
      access_mode: { mode },
    },
    readonly: csi.readOnly ?? false,
    volume_context: csi.volumeAttributes ?? {},
  };
}
