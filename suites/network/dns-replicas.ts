import type { Cluster } from '../../harness/platform/cluster.ts';

/** A server of cluster DNS that is asked by itself; `of` is the same in every run. */
export interface DnsServer {
  readonly of: string;
  readonly address: string;
}

/** Where cluster DNS runs (Talos and kubeadm: Deployment coredns). */
export const dnsPods = { namespace: 'kube-system', labelSelector: 'k8s-app=kube-dns' };

/** The Service of cluster DNS, and each replica behind it: a Service hides one of two that is wrong half of the time. */
export async function dnsServers({ kubernetes, documented }: Cluster): Promise<[DnsServer, ...DnsServer[]]> {
  const { items } = await kubernetes.core.listNamespacedPod(dnsPods);
  const replicas = items
    .filter(({ metadata, status }) => metadata?.deletionTimestamp === undefined && status?.podIP !== undefined)
    .toSorted((one, other) => (one.metadata?.name ?? '').localeCompare(other.metadata?.name ?? ''));
  return [
    { of: 'the Service of cluster DNS', address: documented.dnsServiceAddress },
    ...replicas.map(({ status }, index) => ({ of: `replica ${index + 1} of cluster DNS`, address: status?.podIP ?? '' })),
  ];
}
