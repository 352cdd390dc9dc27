import type { DocumentedCluster, DocumentedNode } from '../../guide/cluster.ts';

/** A network of the lab, with the gateway's own address on it. */
interface LabNetwork {
  readonly bridge: string;
  readonly gateway: string;
  readonly prefixLength: number;
}

/** A machine of the lab that is no cluster node: a place to probe from. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly network: LabNetwork;
  /** What stands there in the documented world. */
  readonly role: string;
}

const lan: LabNetwork = { bridge: 'br-lan', gateway: '192.168.29.1', prefixLength: 24 };
const office: LabNetwork = { bridge: 'br-office', gateway: '192.168.1.1', prefixLength: 24 };
const vpn: LabNetwork = { bridge: 'br-vpn', gateway: '10.10.0.253', prefixLength: 24 };
/** The networks on both sides of the VPN: their nearest hosts must not be taken for admins. */
const beforeVpn: LabNetwork = { bridge: 'br-vpn-before', gateway: '10.9.255.1', prefixLength: 24 };
const afterVpn: LabNetwork = { bridge: 'br-vpn-after', gateway: '10.10.1.254', prefixLength: 24 };
/** TEST-NET-3 (RFC 5737) plays the internet. */
const internet: LabNetwork = { bridge: 'br-inet', gateway: '203.0.113.1', prefixLength: 24 };

const networks = [lan, office, vpn, beforeVpn, afterVpn, internet];

/** The hosts of the guide's section "Admin Source IPs", and hosts that are on none of its lists. */
export const labHosts: readonly LabHost[] = [
  { name: 'admin', address: '192.168.1.10', network: office, role: 'admin workstation' },
  { name: 'ci', address: '192.168.1.20', network: office, role: 'CI server' },
  { name: 'outsider', address: '192.168.1.99', network: office, role: 'office host on no admin list' },
  { name: 'vpn', address: '10.10.0.77', network: vpn, role: 'VPN host' },
  { name: 'vpn-first', address: '10.10.0.1', network: vpn, role: 'first host of the VPN' },
  { name: 'vpn-last', address: '10.10.0.254', network: vpn, role: 'last host of the VPN' },
  ...[9, 11, 19, 21].map((last) => ({
    name: `office-${last}`,
    address: `192.168.1.${last}`,
    network: office,
    role: 'neighbour of an admin address, on no admin list',
  })),
  { name: 'vpn-before', address: '10.9.255.254', network: beforeVpn, role: 'neighbour of the VPN, on no admin list' },
  { name: 'vpn-after', address: '10.10.1.1', network: afterVpn, role: 'neighbour of the VPN, on no admin list' },
  { name: 'lan', address: '192.168.29.50', network: lan, role: 'LAN host that is no node' },
  { name: 'internet', address: '203.0.113.10', network: internet, role: 'internet, serves example.com' },
];

/** The lab's internet web server, known to its name server as this name. */
const internetName = 'example.com';

/** The gateway's address in the internet, at which the lab serves what the guide assumes outside the cluster. */
export const outsideAddress = internet.gateway;

/** Hosts of the registries' mirrors (guide: Step 5), by name. */
export function mirrorHosts({ registryMirrors }: DocumentedCluster): string[] {
  return [...new Set(Object.values(registryMirrors).map((url) => new URL(url).hostname))];
}

/** `ip -batch` input that makes bridges and hosts in the site's own network namespace, which is the gateway. */
export function networkBatch(): string {
  return lines([
    'link set lo up',
    ...networks.flatMap((network) => [
      `link add ${network.bridge} type bridge forward_delay 0`,
      `addr add ${network.gateway}/${network.prefixLength} dev ${network.bridge}`,
      `link set ${network.bridge} up`,
    ]),
    ...labHosts.flatMap((host) => [
      `netns add ${host.name}`,
      `link add eth0 netns ${host.name} type veth peer name v-${host.name}`,
      `link set v-${host.name} master ${host.network.bridge} up`,
    ]),
  ]);
}

/** `ip -batch` input for a host's own network namespace. */
export function hostBatch(host: LabHost): string {
  return lines([
    'link set lo up',
    `addr add ${host.address}/${host.network.prefixLength} dev eth0`,
    'link set eth0 up',
    `route add default via ${host.network.gateway}`,
  ]);
}

/** Stable over power cycles, as a virtual machine's is; the last byte is the address's last byte. */
export function macAddress(node: DocumentedNode): string {
  const last = Number(node.address.split('.').at(-1));
  return `52:54:00:29:00:${last.toString(16).padStart(2, '0')}`;
}

/** Where the site has the configuration of its name server. */
const namesZone = '/lab/site/names.zone';

/** CoreDNS configuration of the lab's name server. */
export function nameServerConfiguration(): string {
  return lines(['.:53 {', `  bind ${networks.map(({ gateway }) => gateway).join(' ')}`, `  file ${namesZone} .`, '  errors', '}']);
}

/**
 * The zone of the name server: the guide's three DNS names, the fake internet, and hosts outside the cluster that the lab serves.
 * It is the root zone, so that every other name does not exist.
 */
export function nameServerZone(cluster: DocumentedCluster, outside: readonly string[]): string {
  const records = [
    [cluster.vip.hostname, cluster.vip.address],
    [cluster.services.canine.hostname, cluster.services.canine.address],
    [cluster.services.opencost.hostname, cluster.services.opencost.address],
    [internetName, internetAddress()],
    ...outside.map((name) => [name, outsideAddress]),
  ];
  return lines([
    '$TTL 30',
    '. IN SOA names.invalid. hostmaster.invalid. 1 3600 600 86400 30',
    '. IN NS names.invalid.',
    ...records.map(([name, address]) => `${name}. IN A ${address}`),
  ]);
}

function internetAddress(): string {
  const host = labHosts.find((candidate) => candidate.network === internet);
  if (host === undefined) throw new Error('the lab has no internet host');
  return host.address;
}

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
