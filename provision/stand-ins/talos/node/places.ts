/** Where a node keeps what the API shows and changes. */
export interface Places {
  /** Folder of the machine configuration and of the API's own keys; on the node's disk. */
  readonly state: string;
  /** Supervised services, a folder each (runsvdir(8)). */
  readonly services: string;
  /** Logs of services: SERVICE/current (svlogd(8)). */
  readonly logs: string;
  /** The node's /etc, for host entries and the kubelet's configuration. */
  readonly etc: string;
  /** A pipe that the site reads: a line is a wish for power. */
  readonly power: string;
  /** Switches of the faults; absent when there are none. */
  readonly faults: string;
  /** Certificates of etcd's client. */
  readonly kubernetesPki: string;
  readonly etcdctl: string;
}

export const nodePlaces: Places = {
  state: '/etc/talos',
  services: '/run/service',
  logs: '/var/log',
  etc: '/etc',
  power: '/etc/lab/power',
  faults: '/etc/lab/faults.json',
  kubernetesPki: '/etc/kubernetes/pki',
  etcdctl: '/opt/lab/etcd/etcdctl',
};
