/**
 * The messages of protos.ts as they arrive and are answered: fields that are not set have their default, 64-bit numbers
 * are numbers.
 */

export interface VolumeCapability {
  readonly block?: object | null;
  readonly mount?: { readonly fs_type: string; readonly mount_flags: readonly string[] } | null;
  readonly access_mode?: { readonly mode: number } | null;
}

interface CapacityRange {
  readonly required_bytes: number;
  readonly limit_bytes: number;
}

type StringMap = Readonly<Record<string, string>>;

export interface CreateVolumeRequest {
  readonly name: string;
  readonly capacity_range?: CapacityRange | null;
  readonly volume_capabilities: readonly VolumeCapability[];
  readonly parameters: StringMap;
  readonly volume_content_source?: object | null;
}

export interface VolumeRequest {
  readonly volume_id: string;
}

export interface ControllerPublishRequest extends VolumeRequest {
  readonly node_id: string;
  readonly volume_capability?: VolumeCapability | null;
}

export interface ControllerUnpublishRequest extends VolumeRequest {
  readonly node_id: string;
}

export interface ValidateRequest extends VolumeRequest {
  readonly volume_context: StringMap;
  readonly volume_capabilities: readonly VolumeCapability[];
  readonly parameters: StringMap;
}

export interface ControllerExpandRequest extends VolumeRequest {
  readonly capacity_range?: CapacityRange | null;
  readonly volume_capability?: VolumeCapability | null;
}

export interface StageRequest extends VolumeRequest {
  readonly staging_target_path: string;
  readonly volume_capability?: VolumeCapability | null;
  readonly volume_context: StringMap;
}

export interface UnstageRequest extends VolumeRequest {
  readonly staging_target_path: string;
}

export interface PublishRequest extends StageRequest {
  readonly target_path: string;
  readonly readonly: boolean;
}

export interface UnpublishRequest extends VolumeRequest {
  readonly target_path: string;
}

export interface StatsRequest extends VolumeRequest {
  readonly volume_path: string;
}

export interface NodeExpandRequest extends VolumeRequest {
  readonly volume_path: string;
  readonly staging_target_path: string;
  readonly capacity_range?: CapacityRange | null;
  readonly volume_capability?: VolumeCapability | null;
}
