/**
 * The services of Velero's plugin framework v1.14 (pkg/plugin/proto) that an object store serves, and by which go-plugin v1.6 ends a
 * plugin (internal/plugin/grpc_controller.proto), with the numbers of their fields.
 */
const pluginProto = `
syntax = "proto3";
package generated;

service PluginLister {
  rpc ListPlugins(Empty) returns (ListPluginsResponse) {}
}

service ObjectStore {
  rpc Init(InitRequest) returns (Empty) {}
  rpc PutObject(stream PutObjectRequest) returns (Empty) {}
  rpc ObjectExists(ObjectRequest) returns (ObjectExistsResponse) {}
  rpc GetObject(ObjectRequest) returns (stream Bytes) {}
  rpc ListCommonPrefixes(ListCommonPrefixesRequest) returns (ListCommonPrefixesResponse) {}
  rpc ListObjects(ListObjectsRequest) returns (ListObjectsResponse) {}
  rpc DeleteObject(ObjectRequest) returns (Empty) {}
  rpc CreateSignedURL(CreateSignedURLRequest) returns (CreateSignedURLResponse) {}
}

message Empty {}

message PluginIdentifier {
  string command = 1;
  string kind = 2;
  string name = 3;
}

message ListPluginsResponse {
  repeated PluginIdentifier plugins = 1;
}

message InitRequest {
  string plugin = 1;
  map<string, string> config = 2;
}

message PutObjectRequest {
  string plugin = 1;
  string bucket = 2;
  string key = 3;
  bytes body = 4;
}

message ObjectRequest {
  string plugin = 1;
  string bucket = 2;
  string key = 3;
}

message ObjectExistsResponse {
  bool exists = 1;
}

message Bytes {
  bytes data = 1;
}

message ListCommonPrefixesRequest {
  string plugin = 1;
  string bucket = 2;
  string delimiter = 3;
  string prefix = 4;
}

message ListCommonPrefixesResponse {
  repeated string prefixes = 1;
}

message ListObjectsRequest {
  string plugin = 1;
  string bucket = 2;
  string prefix = 3;
}

message ListObjectsResponse {
  repeated string keys = 1;
}

message CreateSignedURLRequest {
  string plugin = 1;
  string bucket = 2;
  string key = 3;
  int64 ttl = 4;
}

message CreateSignedURLResponse {
  string url = 1;
}
`;

const controllerProto = `
syntax = "proto3";
package plugin;

service GRPCController {
  rpc Shutdown(Empty) returns (Empty) {}
}

message Empty {}
`;

export const lister = { proto: pluginProto, name: 'generated.PluginLister' } as const;
export const objectStore = { proto: pluginProto, name: 'generated.ObjectStore' } as const;
export const controller = { proto: controllerProto, name: 'plugin.GRPCController' } as const;
