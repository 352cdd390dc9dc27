import type { DocumentedCluster } from '../../guide/cluster.ts';
import { isWithin } from '../../guide/address.ts';
import type { CapabilityName } from './capabilities.ts';
import type { Target } from '../probe/probe.ts';

/** Ports of the Talos API: apid and trustd (docs.talos.dev, Network Connectivity). */
const talosPorts = [50000, 50001];

/** The capabilities that a probe of this target uses: a load balancer's address, a product behind it, the virtual IP, the Talos API. */
export function capabilitiesOfTarget(target: Target, documented: DocumentedCluster): CapabilityName[] {
  const { host, port } = endpointOf(target);
  const { longhorn, canine, opencost } = documented.services;
  const isAt = ({ address, hostname }: { readonly address: string; readonly hostname?: string }): boolean =>
    host === address || host === hostname;
  const nodes = documented.nodes.map(({ address }) => address);
  const used: readonly (readonly [CapabilityName, boolean])[] = [
    ['longhorn', isAt(longhorn)],
    ['canine', isAt(canine)],
    ['opencost', isAt(opencost)],
    ['metallb', [longhorn, canine, opencost].some(isAt) || Object.values(documented.pools).some((pool) => isWithin(host, pool))],
    ['vip', isAt(documented.vip)],
    ['talos-api', port !== undefined && talosPorts.includes(port) && (nodes.includes(host) || isAt(documented.vip))],
  ];
  return used.filter(([, isUsed]) => isUsed).map(([name]) => name);
}

function endpointOf(target: Target): { host: string; port?: number } {
  if (target.kind === 'http') {
    const { hostname, port } = new URL(target.url);
    return { host: hostname, ...(port === '' ? {} : { port: Number(port) }) };
  }
  if (target.kind === 'dns') return { host: target.server, port: 53 };
  if (target.kind === 'icmp') return { host: target.host };
  return { host: target.host, port: target.port };
}
