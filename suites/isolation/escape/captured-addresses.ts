import type { V1Service } from '@kubernetes/client-node';
import { isWithin, isWithinCidr } from '../../../guide/address.ts';
import type { DocumentedCluster } from '../../../guide/cluster.ts';

type Network = Pick<DocumentedCluster, 'lan' | 'serviceCidr' | 'podCidr' | 'pools'>;

/**
 * The addresses that a Service takes from the platform. kube-proxy captures every external address for all who dial it from inside
 * the cluster (CVE-2020-8554), so none of the LAN, which holds nodes, virtual IP and both pools, nor of Services or pods may be
 * one. Of the addresses that a load balancer gave it, those of the admin pool and those that are no pool's at all are the
 * platform's. A wish that nobody grants captures nothing.
 */
export function capturedAddresses({ metadata, spec, status }: Pick<V1Service, 'metadata' | 'spec' | 'status'>, network: Network): string[] {
  const { lan, serviceCidr, podCidr, pools } = network;
  const external = (spec?.externalIPs ?? []).filter((address) =>
    [lan.cidr, serviceCidr, podCidr].some((cidr) => isWithinCidr(address, cidr)),
  );
  const given = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []).filter((address) => !isWithin(address, pools.tenant));
  const asked = wishesOf({ metadata, spec });
  return [
    ...external.map((address) => `externalIPs ${address}`),
    ...given.map((address) => `load balancer address ${address}${asked.length === 0 ? '' : `, asked for by ${asked.join(', ')}`}`),
  ];
}

/** The ways in which a Service asks for an address or a pool (MetalLB v0.14, Usage; the annotations of both its domains). */
function wishesOf({ metadata, spec }: { readonly metadata: V1Service['metadata']; readonly spec: V1Service['spec'] }): string[] {
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(([key]) =>
    /^metallb\..*\/(loadBalancerIPs|address-pool)$/.test(key),
  );
  return [
    ...(spec?.loadBalancerIP === undefined ? [] : [`loadBalancerIP ${spec.loadBalancerIP}`]),
    ...annotations.map(([key, value]) => `${key} ${value}`),
  ];
}
