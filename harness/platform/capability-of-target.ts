import type { DocumentedCluster } from '../../guide/cluster.ts';
import { isWithin } from '../../guide/address.ts';
import type { CapabilityName } from './capabilities.ts';
import type { Target } from '../probe/probe.ts';

/** Ports of the Talos API: apid and trustd (docs.talos.dev, Network Connectivity). */
const talosPorts = [50000, 50001];

/** OpenCost inside the cluster (guide: Access Points, OpenCost MCP). */
const opencostService = 'opencost.opencost.svc.cluster.local';
/** Ports of its parts beside the API: the page, published and own, and MCP (guide: OpenCost, Step 5; Port Reference). */
const opencostParts: Readonly<Record<number, CapabilityName>> = { 80: 'opencost-ui', 9090: 'opencost-ui', 8081: 'opencost-mcp' };

/** The capabilities that a probe of this port of OpenCost uses. */
export function capabilitiesOfOpenCost(port: number | undefined): CapabilityName[] {
  const part = port === undefined ? undefined : opencostParts[port];
  return part === undefined ? ['opencost'] : ['opencost', part];
}

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
    ['metallb', [longhorn, canine, opencost].some(isAt) || Object.values(documented.pools).some((pool) => isWithin(host, pool))],
    ['vip', isAt(documented.vip)],
    ['talos-api', port !== undefined && talosPorts.includes(port) && (nodes.includes(host) || isAt(documented.vip))],
  ];
  return [
    ...used.filter(([, isUsed]) => isUsed).map(([name]) => name),
    ...(isAt(opencost) || host === opencostService ? capabilitiesOfOpenCost(port) : []),
  ];
}

function endpointOf(target: Target): { host: string; port?: number } {
  if (target.kind === 'http') {
    const { hostname, port, protocol } = new URL(target.url);
    const usual = protocol === 'https:' ? 443 : 80;
    return { host: hostname, port: port === '' ? usual : Number(port) };
  }
  if (target.kind === 'dns') return { host: target.server, port: 53 };
  if (target.kind === 'icmp') return { host: target.host };
  return { host: target.host, port: target.port };
}
