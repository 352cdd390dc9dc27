/**
 * The messages and fields of the Container Storage Interface v1.11 (csi.proto) and of the kubelet's plugin registration v1 that
 * the two sidecars use, with their numbers.
 */

const identityProto = `
syntax = "proto3";
package csi.v1;

service Identity {
  rpc GetPluginInfo(Empty) returns (PluginInfo) {}
  rpc Probe(Empty) returns (Health) {}
}

message Empty {}

message PluginInfo {
  string name = 1;
  string vendor_version = 2;
}

message Health {
  Flag ready = 1;
}

message Flag {
  bool value = 1;
}
`;

const registrationProto = `
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

export const identity = { proto: identityProto, name: 'csi.v1.Identity' } as const;
export const registration = { proto: registrationProto, name: 'pluginregistration.Registration' } as const;
