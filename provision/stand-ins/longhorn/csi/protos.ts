/**
 * The messages and fields of the Container Storage Interface v1.11 (csi.proto) and of the kubelet's plugin registration v1
 * that Longhorn's driver uses, with their numbers.
 */

export const csiProto = `
syntax = "proto3";
package csi.v1;

service Identity {
  rpc GetPluginInfo(Empty) returns (PluginInfo) {}
  rpc GetPluginCapabilities(Empty) returns (PluginCapabilities) {}
  rpc Probe(Empty) returns (Empty) {}
}

service Controller {
  rpc CreateVolume(CreateVolumeRequest) returns (CreateVolumeResponse) {}
  rpc DeleteVolume(DeleteVolumeRequest) returns (Empty) {}
  rpc ControllerPublishVolume(ControllerPublishVolumeRequest) returns (ControllerPublishVolumeResponse) {}
  rpc ControllerUnpublishVolume(ControllerUnpublishVolumeRequest) returns (Empty) {}
  rpc ValidateVolumeCapabilities(ValidateVolumeCapabilitiesRequest) returns (ValidateVolumeCapabilitiesResponse) {}
  rpc ControllerGetCapabilities(Empty) returns (ServiceCapabilities) {}
  rpc ControllerExpandVolume(ControllerExpandVolumeRequest) returns (ControllerExpandVolumeResponse) {}
}

service Node {
  rpc NodeStageVolume(NodeStageVolumeRequest) returns (Empty) {}
  rpc NodeUnstageVolume(NodeUnstageVolumeRequest) returns (Empty) {}
  rpc NodePublishVolume(NodePublishVolumeRequest) returns (Empty) {}
  rpc NodeUnpublishVolume(NodeUnpublishVolumeRequest) returns (Empty) {}
  rpc NodeGetVolumeStats(NodeGetVolumeStatsRequest) returns (NodeGetVolumeStatsResponse) {}
  rpc NodeExpandVolume(NodeExpandVolumeRequest) returns (NodeExpandVolumeResponse) {}
  rpc NodeGetCapabilities(Empty) returns (ServiceCapabilities) {}
  rpc NodeGetInfo(Empty) returns (NodeGetInfoResponse) {}
}

message Empty {}

message PluginInfo {
  string name = 1;
  string vendor_version = 2;
}

message PluginCapabilities {
  repeated PluginCapability capabilities = 1;
}

message PluginCapability {
  message Typed {
    int32 type = 1;
  }
  oneof type {
    Typed service = 1;
    Typed volume_expansion = 2;
  }
}

message ServiceCapability {
  message Rpc {
    int32 type = 1;
  }
  Rpc rpc = 1;
}

message ServiceCapabilities {
  repeated ServiceCapability capabilities = 1;
}

message VolumeCapability {
  message BlockVolume {}
  message MountVolume {
    string fs_type = 1;
    repeated string mount_flags = 2;
  }
  message AccessMode {
    int32 mode = 1;
  }
  oneof access_type {
    BlockVolume block = 1;
    MountVolume mount = 2;
  }
  AccessMode access_mode = 3;
}

message CapacityRange {
  int64 required_bytes = 1;
  int64 limit_bytes = 2;
}

message VolumeContentSource {
  message Source {
    string id = 1;
  }
  oneof type {
    Source snapshot = 1;
    Source volume = 2;
  }
}

message Topology {
  map<string, string> segments = 1;
}

message CreateVolumeRequest {
  string name = 1;
  CapacityRange capacity_range = 2;
  repeated VolumeCapability volume_capabilities = 3;
  map<string, string> parameters = 4;
  VolumeContentSource volume_content_source = 6;
}

message Volume {
  int64 capacity_bytes = 1;
  string volume_id = 2;
  map<string, string> volume_context = 3;
}

message CreateVolumeResponse {
  Volume volume = 1;
}

message DeleteVolumeRequest {
  string volume_id = 1;
}

message ControllerPublishVolumeRequest {
  string volume_id = 1;
  string node_id = 2;
  VolumeCapability volume_capability = 3;
  bool readonly = 4;
  map<string, string> volume_context = 6;
}

message ControllerPublishVolumeResponse {
  map<string, string> publish_context = 1;
}

message ControllerUnpublishVolumeRequest {
  string volume_id = 1;
  string node_id = 2;
}

message ValidateVolumeCapabilitiesRequest {
  string volume_id = 1;
  map<string, string> volume_context = 2;
  repeated VolumeCapability volume_capabilities = 3;
  map<string, string> parameters = 4;
}

message ValidateVolumeCapabilitiesResponse {
  message Confirmed {
    map<string, string> volume_context = 1;
    repeated VolumeCapability volume_capabilities = 2;
    map<string, string> parameters = 3;
  }
  Confirmed confirmed = 1;
}

message ControllerExpandVolumeRequest {
  string volume_id = 1;
  CapacityRange capacity_range = 2;
  VolumeCapability volume_capability = 4;
}

message ControllerExpandVolumeResponse {
  int64 capacity_bytes = 1;
  bool node_expansion_required = 2;
}

message NodeStageVolumeRequest {
  string volume_id = 1;
  map<string, string> publish_context = 2;
  string staging_target_path = 3;
  VolumeCapability volume_capability = 4;
  map<string, string> volume_context = 6;
}

message NodeUnstageVolumeRequest {
  string volume_id = 1;
  string staging_target_path = 2;
}

message NodePublishVolumeRequest {
  string volume_id = 1;
  map<string, string> publish_context = 2;
  string staging_target_path = 3;
  string target_path = 4;
  VolumeCapability volume_capability = 5;
  bool readonly = 6;
  map<string, string> volume_context = 8;
}

message NodeUnpublishVolumeRequest {
  string volume_id = 1;
  string target_path = 2;
}

message NodeGetVolumeStatsRequest {
  string volume_id = 1;
  string volume_path = 2;
}

message VolumeUsage {
  int64 available = 1;
  int64 total = 2;
  int64 used = 3;
  int32 unit = 4;
}

message NodeGetVolumeStatsResponse {
  repeated VolumeUsage usage = 1;
}

message NodeExpandVolumeRequest {
  string volume_id = 1;
  string volume_path = 2;
  CapacityRange capacity_range = 3;
  string staging_target_path = 4;
  VolumeCapability volume_capability = 5;
}

message NodeExpandVolumeResponse {
  int64 capacity_bytes = 1;
}

message NodeGetInfoResponse {
  string node_id = 1;
  int64 max_volumes_per_node = 2;
  Topology accessible_topology = 3;
}
`;

export const registrationProto = `
syntax = "proto3";
package pluginregistration;

service Registration {
  rpc GetInfo(InfoRequest) returns (PluginInfo) {}
  rpc NotifyRegistrationStatus(RegistrationStatus) returns (RegistrationStatusResponse) {}
}

message InfoRequest {}

message PluginInfo {
  string type = 1;
  string name = 2;
  string endpoint = 3;
  repeated string supported_versions = 4;
}

message RegistrationStatus {
  bool plugin_registered = 1;
  string error = 2;
}

message RegistrationStatusResponse {}
`;

/** Values of the enumerations in csi.proto. */
export const pluginService = { controller: 1, accessibilityConstraints: 2 } as const;
export const volumeExpansion = { online: 1 } as const;
export const controllerRpc = { createDeleteVolume: 1, publishUnpublishVolume: 2, expandVolume: 9 } as const;
export const nodeRpc = { stageUnstageVolume: 1, getVolumeStats: 2, expandVolume: 3 } as const;
export const accessMode = { singleNodeWriter: 1, multiNodeMultiWriter: 5 } as const;
export const usageUnit = { bytes: 1, inodes: 2 } as const;
