/** Talos's roles; a client certificate's organisations name them (machinery v1.11: role). */
type Role = 'os:admin' | 'os:operator' | 'os:reader' | 'os:etcd:backup' | 'os:impersonator';

const admin: readonly Role[] = ['os:admin'];
const manage: readonly Role[] = ['os:admin', 'os:operator'];
const read: readonly Role[] = ['os:admin', 'os:operator', 'os:reader'];
const etcdRead: readonly Role[] = [...read, 'os:etcd:backup'];

/** Who may call what (Talos v1.11: system/services/machined.go); a method that is not named is for os:admin. */
const rules: Readonly<Record<string, readonly Role[]>> = {
  CPUInfo: read,
  Dmesg: read,
  EtcdAlarmList: etcdRead,
  EtcdMemberList: etcdRead,
  EtcdSnapshot: ['os:admin', 'os:operator', 'os:etcd:backup'],
  EtcdStatus: etcdRead,
  HealthCheck: read,
  Hostname: read,
  Logs: read,
  LogsContainers: read,
  Memory: read,
  Mounts: read,
  Reboot: manage,
  ServiceList: read,
  ServiceRestart: manage,
  ServiceStart: manage,
  ServiceStop: manage,
  Shutdown: manage,
  Version: read,
  Get: read,
  List: read,
};

/** Whether one of the roles may call a method, by its last name. */
export function mayCall(roles: readonly string[], method: string): boolean {
  const allowed: readonly string[] = rules[method] ?? admin;
  return roles.some((role) => allowed.includes(role));
}
