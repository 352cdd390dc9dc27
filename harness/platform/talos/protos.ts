/**
 * What is used of the gRPC interfaces of a Talos v1.11 node: service and field names and numbers as its machinery module
 * (pkg/machinery/api: common, machine, cluster) and the COSI runtime (api/v1alpha1: resource, state) have them.
 */

const google = `
syntax = "proto3";
package google.protobuf;
message Empty {}
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
`;

const rpc = `
syntax = "proto3";
package google.rpc;
message Status { int32 code = 1; string message = 2; }
`;

const common = `
syntax = "proto3";
package common;
message Metadata { string hostname = 1; string error = 2; google.rpc.Status status = 3; }
message Data { Metadata metadata = 1; bytes bytes = 2; }
enum ContainerDriver { CONTAINERD = 0; CRI = 1; }
`;

const machine = `
syntax = "proto3";
package machine;

service MachineService {
  rpc ApplyConfiguration(ApplyConfigurationRequest) returns (ApplyConfigurationResponse);
  rpc Bootstrap(BootstrapRequest) returns (BootstrapResponse);
  rpc CPUInfo(google.protobuf.Empty) returns (CPUInfoResponse);
  rpc Dmesg(DmesgRequest) returns (stream common.Data);
  rpc EtcdAlarmList(google.protobuf.Empty) returns (EtcdAlarmListResponse);
  rpc EtcdForfeitLeadership(EtcdForfeitLeadershipRequest) returns (EtcdForfeitLeadershipResponse);
  rpc EtcdMemberList(EtcdMemberListRequest) returns (EtcdMemberListResponse);
  rpc EtcdSnapshot(EtcdSnapshotRequest) returns (stream common.Data);
  rpc EtcdStatus(google.protobuf.Empty) returns (EtcdStatusResponse);
  rpc GenerateClientConfiguration(GenerateClientConfigurationRequest) returns (GenerateClientConfigurationResponse);
  rpc Hostname(google.protobuf.Empty) returns (HostnameResponse);
  rpc Kubeconfig(google.protobuf.Empty) returns (stream common.Data);
  rpc Logs(LogsRequest) returns (stream common.Data);
  rpc LogsContainers(google.protobuf.Empty) returns (LogsContainersResponse);
  rpc Memory(google.protobuf.Empty) returns (MemoryResponse);
  rpc Mounts(google.protobuf.Empty) returns (MountsResponse);
  rpc Read(ReadRequest) returns (stream common.Data);
  rpc Reboot(RebootRequest) returns (RebootResponse);
  rpc ServiceList(google.protobuf.Empty) returns (ServiceListResponse);
  rpc ServiceRestart(ServiceRestartRequest) returns (ServiceRestartResponse);
  rpc ServiceStart(ServiceStartRequest) returns (ServiceStartResponse);
  rpc ServiceStop(ServiceStopRequest) returns (ServiceStopResponse);
  rpc Shutdown(ShutdownRequest) returns (ShutdownResponse);
  rpc Version(google.protobuf.Empty) returns (VersionResponse);
}

message ApplyConfigurationRequest {
  enum Mode { REBOOT = 0; AUTO = 1; NO_REBOOT = 2; STAGED = 3; TRY = 4; }
  bytes data = 1;
  Mode mode = 4;
  bool dry_run = 5;
  google.protobuf.Duration try_mode_timeout = 6;
}
message ApplyConfiguration {
  common.Metadata metadata = 1;
  repeated string warnings = 2;
  ApplyConfigurationRequest.Mode mode = 3;
  string mode_details = 4;
}
message ApplyConfigurationResponse { repeated ApplyConfiguration messages = 1; }

message BootstrapRequest { bool recover_etcd = 1; bool recover_skip_hash_check = 2; }
message Bootstrap { common.Metadata metadata = 1; }
message BootstrapResponse { repeated Bootstrap messages = 1; }

message CPUInfo { uint32 processor = 1; string vendor_id = 2; string model_name = 5; double cpu_mhz = 8; }
message CPUsInfo { common.Metadata metadata = 1; repeated CPUInfo cpu_info = 2; }
message CPUInfoResponse { repeated CPUsInfo messages = 1; }

message DmesgRequest { bool follow = 1; bool tail = 2; }

message EtcdMemberAlarm {
  enum AlarmType { NONE = 0; NOSPACE = 1; CORRUPT = 2; }
  uint64 member_id = 1;
  AlarmType alarm = 2;
}
message EtcdAlarm { common.Metadata metadata = 1; repeated EtcdMemberAlarm member_alarms = 2; }
message EtcdAlarmListResponse { repeated EtcdAlarm messages = 1; }
message EtcdForfeitLeadershipRequest {}
message EtcdForfeitLeadership { common.Metadata metadata = 1; string member = 2; }
message EtcdForfeitLeadershipResponse { repeated EtcdForfeitLeadership messages = 1; }
message EtcdMemberListRequest { bool query_local = 1; }
message EtcdMember {
  uint64 id = 2;
  string hostname = 3;
  repeated string peer_urls = 4;
  repeated string client_urls = 5;
  bool is_learner = 6;
}
message EtcdMembers { common.Metadata metadata = 1; repeated string legacy_members = 2; repeated EtcdMember members = 3; }
message EtcdMemberListResponse { repeated EtcdMembers messages = 1; }
message EtcdSnapshotRequest {}
message EtcdMemberStatus {
  string protocol_version = 1;
  int64 db_size = 2;
  int64 db_size_in_use = 3;
  uint64 leader = 4;
  uint64 raft_index = 5;
  uint64 raft_term = 6;
  uint64 raft_applied_index = 7;
  repeated string errors = 8;
  bool is_learner = 9;
  uint64 member_id = 10;
  string storage_version = 11;
}
message EtcdStatus { common.Metadata metadata = 1; EtcdMemberStatus member_status = 2; }
message EtcdStatusResponse { repeated EtcdStatus messages = 1; }

message GenerateClientConfigurationRequest { repeated string roles = 1; google.protobuf.Duration crt_ttl = 2; }
message GenerateClientConfiguration {
  common.Metadata metadata = 1;
  bytes ca = 2;
  bytes crt = 3;
  bytes key = 4;
  bytes talosconfig = 5;
}
message GenerateClientConfigurationResponse { repeated GenerateClientConfiguration messages = 1; }

message Hostname { common.Metadata metadata = 1; string hostname = 2; }
message HostnameResponse { repeated Hostname messages = 1; }

message LogsRequest {
  string namespace = 1;
  string id = 2;
  common.ContainerDriver driver = 3;
  bool follow = 4;
  int32 tail_lines = 5;
}
message LogsContainer { common.Metadata metadata = 1; repeated string ids = 2; }
message LogsContainersResponse { repeated LogsContainer messages = 1; }

message MemInfo {
  uint64 memtotal = 1;
  uint64 memfree = 2;
  uint64 memavailable = 3;
  uint64 buffers = 4;
  uint64 cached = 5;
  uint64 swaptotal = 15;
  uint64 swapfree = 16;
  uint64 slab = 22;
}
message Memory { common.Metadata metadata = 1; MemInfo meminfo = 2; }
message MemoryResponse { repeated Memory messages = 1; }

message MountStat { string filesystem = 1; uint64 size = 2; uint64 available = 3; string mounted_on = 4; }
message Mounts { common.Metadata metadata = 1; repeated MountStat stats = 2; }
message MountsResponse { repeated Mounts messages = 1; }

message ReadRequest { string path = 1; }

message RebootRequest {
  enum Mode { DEFAULT = 0; POWERCYCLE = 1; FORCE = 2; }
  Mode mode = 1;
}
message Reboot { common.Metadata metadata = 1; string actor_id = 2; }
message RebootResponse { repeated Reboot messages = 1; }

message ServiceEvent { string msg = 1; string state = 2; google.protobuf.Timestamp ts = 3; }
message ServiceEvents { repeated ServiceEvent events = 1; }
message ServiceHealth { bool unknown = 1; bool healthy = 2; string last_message = 3; google.protobuf.Timestamp last_change = 4; }
message ServiceInfo { string id = 1; string state = 2; ServiceEvents events = 3; ServiceHealth health = 4; }
message ServiceList { common.Metadata metadata = 1; repeated ServiceInfo services = 2; }
message ServiceListResponse { repeated ServiceList messages = 1; }
message ServiceRestartRequest { string id = 1; }
message ServiceRestart { common.Metadata metadata = 1; string resp = 2; }
message ServiceRestartResponse { repeated ServiceRestart messages = 1; }
message ServiceStartRequest { string id = 1; }
message ServiceStart { common.Metadata metadata = 1; string resp = 2; }
message ServiceStartResponse { repeated ServiceStart messages = 1; }
message ServiceStopRequest { string id = 1; }
message ServiceStop { common.Metadata metadata = 1; string resp = 2; }
message ServiceStopResponse { repeated ServiceStop messages = 1; }

message ShutdownRequest { bool force = 1; }
message Shutdown { common.Metadata metadata = 1; string actor_id = 2; }
message ShutdownResponse { repeated Shutdown messages = 1; }

message VersionInfo { string tag = 1; string sha = 2; string built = 3; string go_version = 4; string os = 5; string arch = 6; }
message PlatformInfo { string name = 1; string mode = 2; }
message FeaturesInfo { bool rbac = 1; }
message Version { common.Metadata metadata = 1; VersionInfo version = 2; PlatformInfo platform = 3; FeaturesInfo features = 4; }
message VersionResponse { repeated Version messages = 1; }
`;

const cluster = `
syntax = "proto3";
package cluster;

service ClusterService {
  rpc HealthCheck(HealthCheckRequest) returns (stream HealthCheckProgress);
}

message HealthCheckRequest { google.protobuf.Duration wait_timeout = 1; ClusterInfo cluster_info = 2; }
message ClusterInfo { repeated string control_plane_nodes = 1; repeated string worker_nodes = 2; string force_endpoint = 3; }
message HealthCheckProgress { common.Metadata metadata = 1; string message = 2; }
`;

const cosi = `
syntax = "proto3";
package cosi.resource;

service State {
  rpc Get(GetRequest) returns (GetResponse);
  rpc List(ListRequest) returns (stream ListResponse);
}

message Metadata {
  string namespace = 1;
  string type = 2;
  string id = 3;
  string version = 4;
  string owner = 5;
  string phase = 6;
  google.protobuf.Timestamp created = 7;
  google.protobuf.Timestamp updated = 8;
  repeated string finalizers = 9;
  map<string, string> labels = 10;
  map<string, string> annotations = 11;
}
message Spec { bytes proto_spec = 1; string yaml_spec = 2; }
message Resource { Metadata metadata = 1; Spec spec = 2; }
message IDQuery { string regexp = 1; }
message GetRequest { string namespace = 1; string type = 2; string id = 3; }
message GetResponse { Resource resource = 1; }
message ListOptions { IDQuery id_query = 2; }
message ListRequest { string namespace = 1; string type = 2; ListOptions options = 3; }
message ListResponse { Resource resource = 1; }
`;

export const protos: readonly string[] = [google, rpc, common, machine, cluster, cosi];
