import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { chainsOf } from '../firewall/chains.ts';
import { firewallOf } from '../firewall/documents.ts';
import { ownAddresses } from '../node/effects.ts';
import { faultIsOn } from '../node/faults.ts';
import type { Machine } from '../node/machine.ts';
import type { Resource, ResourceType } from './definition.ts';
import { type IpRoute, type Link, type LinkAddress, linkNamed, links, routes } from './ip.ts';

const namespace = 'network';

export const networkTypes: readonly ResourceType[] = [
  {
    type: 'LinkStatuses.net.talos.dev',
    namespace,
    aliases: ['link', 'links'],
    columns: [
      // The card's documented name is its other one in the lab; on Talos it is the ID.
      ['Alt Names', '{.altNames}'],
      ['Oper State', '{.operationalState}'],
      ['Link State', '{.linkState}'],
    ],
    read: async () => (await links()).map(linkStatus),
  },
  {
    type: 'AddressStatuses.net.talos.dev',
    namespace,
    aliases: ['address', 'addresses'],
    columns: [
      ['Address', '{.address}'],
      ['Link', '{.linkName}'],
    ],
    read: async () => (await links()).flatMap(addressStatuses),
  },
  {
    type: 'RouteStatuses.net.talos.dev',
    namespace,
    aliases: ['route', 'routes'],
    columns: [
      ['Destination', '{.dst}'],
      ['Gateway', '{.gateway}'],
      ['Link', '{.outLinkName}'],
    ],
    read: routeStatuses,
  },
  {
    type: 'HostnameStatuses.net.talos.dev',
    namespace,
    aliases: ['hostname'],
    columns: [['Hostname', '{.hostname}']],
    read: hostnameStatus,
  },
  {
    type: 'ResolverStatuses.net.talos.dev',
    namespace,
    aliases: ['resolvers'],
    columns: [['Resolvers', '{.dnsServers}']],
    read: resolverStatus,
  },
  { type: 'NodeAddresses.net.talos.dev', namespace, columns: [['Addresses', '{.addresses}']], read: nodeAddresses },
  { type: 'HostnameSpecs.net.talos.dev', namespace, read: async (machine) => hostnameSpecs(machine).filter(({ id }) => id === 'hostname') },
  {
    type: 'HostnameSpecs.net.talos.dev',
    namespace: 'network-config',
    read: async (machine) => hostnameSpecs(machine).filter(({ id }) => id !== 'hostname'),
  },
  { type: 'AddressSpecs.net.talos.dev', namespace, read: addressSpecs },
  { type: 'RouteSpecs.net.talos.dev', namespace, read: async (machine) => routeSpecs(machine) },
  { type: 'OperatorSpecs.net.talos.dev', namespace, sensitive: true, read: async (machine) => operatorSpecs(machine) },
  {
    type: 'NfTablesChains.net.talos.dev',
    namespace,
    aliases: ['chain', 'chains'],
    columns: [
      ['Type', '{.type}'],
      ['Hook', '{.hook}'],
      ['Policy', '{.policy}'],
    ],
    read: firewallChains,
  },
];

function linkStatus(link: Link): Resource {
  const isUp = link.operstate === 'UP' || link.flags.includes('LOWER_UP');
  return {
    id: link.ifname,
    spec: {
      ...(link.altnames === undefined ? {} : { altNames: link.altnames }),
      index: link.ifindex,
      type: link.link_type === 'loopback' ? 'loopback' : link.link_type,
      linkIndex: link.link_index ?? 0,
      flags: link.flags.map((flag) => flag.replace('_', '')).join(','),
      hardwareAddr: link.address ?? '',
      permanentAddr: link.address ?? '',
      broadcastAddr: link.broadcast ?? '',
      mtu: link.mtu,
      queueDisc: link.qdisc,
      operationalState: link.operstate.toLowerCase(),
      kind: link.linkinfo?.info_kind ?? '',
      slaveKind: '',
      linkState: isUp,
      port: 'Other',
      duplex: 'Unknown',
    },
  };
}

function addressStatuses(link: Link): Resource[] {
  return (link.addr_info ?? []).map((address) => {
    const subnet = `${address.local}/${address.prefixlen}`;
    return {
      id: `${link.ifname}/${subnet}`,
      spec: {
        address: subnet,
        local: address.local,
        ...(address.broadcast === undefined ? {} : { broadcast: address.broadcast }),
        linkIndex: link.ifindex,
        linkName: link.ifname,
        family: familyOf(address),
        scope: address.scope,
        flags: 'permanent',
        priority: 0,
      },
    };
  });
}

function familyOf({ family }: LinkAddress): string {
  return family === 'inet' ? 'inet4' : 'inet6';
}

async function routeStatuses(): Promise<Resource[]> {
  const all = await links();
  return (await routes()).map((route) => {
    const dst = destination(route);
    const priority = route.metric ?? 0;
    return {
      id: `${route.dev}/inet4/${route.gateway ?? ''}/${dst}/${priority}`,
      spec: {
        family: 'inet4',
        dst,
        src: route.prefsrc ?? '',
        gateway: route.gateway ?? '',
        outLinkIndex: linkNamed(all, route.dev)?.ifindex ?? 0,
        outLinkName: route.dev,
        table: 'main',
        priority,
        scope: route.scope ?? 'global',
        type: 'unicast',
        flags: '',
        protocol: route.protocol ?? 'boot',
      },
    };
  });
}

/** Talos writes the default route without a destination. */
function destination({ dst }: IpRoute): string {
  if (dst === 'default') return '';
  return dst.includes('/') ? dst : `${dst}/32`;
}

async function hostnameStatus({ places }: Machine): Promise<Resource[]> {
  const wrong = await faultIsOn(places.faults, 'talos-hostname-wrong');
  return [{ id: 'hostname', spec: { hostname: wrong ? 'talos-wrong-one' : hostname(), domainname: '' } }];
}

/** The wanted hostnames: a stable default made from the address, and above it the one of the configuration. */
function hostnameSpecs({ configuration }: Machine): Resource[] {
  const configured = configuration.main.machine?.network?.hostname;
  const [address] = configuration.main.machine?.network?.interfaces?.flatMap(({ addresses = [] }) => addresses) ?? [];
  const specs: Resource[] = [
    {
      id: 'default/hostname',
      spec: { hostname: `talos-${(address ?? '').split('/')[0]?.replaceAll('.', '-') ?? ''}`, domainname: '', layer: 'default' },
    },
  ];
  if (configured !== undefined)
    specs.push({ id: 'configuration/hostname', spec: { hostname: configured, domainname: '', layer: 'configuration' } });
  return [...specs, { ...(specs.at(-1) as Resource), id: 'hostname' }];
}

async function resolverStatus({ places }: Machine): Promise<Resource[]> {
  const lines = (await readFile(join(places.etc, 'resolv.conf'), 'utf8')).split('\n');
  const words = (key: string): string[] => lines.filter((line) => line.startsWith(`${key} `)).flatMap((line) => line.split(/\s+/).slice(1));
  return [{ id: 'resolvers', spec: { dnsServers: words('nameserver'), searchDomains: words('search') } }];
}

async function nodeAddresses({ configuration }: Machine): Promise<Resource[]> {
  const pods = configuration.main.cluster?.network?.podSubnets ?? [];
  const all = (await links()).flatMap((link) =>
    link.ifname === 'lo' ? [] : (link.addr_info ?? []).filter(({ family, scope }) => family === 'inet' && scope !== 'host'),
  );
  const subnets = all.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const own = new Set(ownAddresses([...pods]).map((address) => address.split('/')[0]));
  const withoutPods = subnets.filter((subnet) => own.has(subnet.split('/')[0]));
  const resource = (id: string, addresses: readonly string[]): Resource => ({ id, spec: { addresses, sortAlgorithm: 'v1' } });
  return [
    resource('current', subnets),
    resource('default', subnets.slice(0, 1)),
    resource('routed', subnets),
    resource('routed-no-k8s', withoutPods),
  ];
}

/** Asked for by the configuration, and the VIP where its election put it. */
async function addressSpecs({ configuration }: Machine): Promise<Resource[]> {
  const all = await links();
  const interfaces = configuration.main.machine?.network?.interfaces ?? [];
  return interfaces.flatMap(({ interface: name = '', addresses = [], vip }) => {
    const spec = (address: string, layer: string): Resource => ({
      id: `${name}/${address}`,
      spec: { address, linkName: name, family: 'inet4', scope: 'global', flags: 'permanent', layer },
    });
    const held = linkNamed(all, name)?.addr_info?.some(({ local }) => local === vip?.ip) ?? false;
    return [...addresses.map((address) => spec(address, 'configuration')), ...(held ? [spec(`${vip?.ip ?? ''}/32`, 'operator')] : [])];
  });
}

function routeSpecs({ configuration }: Machine): Resource[] {
  return (configuration.main.machine?.network?.interfaces ?? []).flatMap(({ interface: name = '', routes: wanted = [] }) =>
    wanted.map(({ network = '', gateway = '', metric = 1024 }) => {
      const dst = network === '0.0.0.0/0' ? '' : network;
      return {
        id: `${name}/inet4/${gateway}/${dst}/${metric}`,
        spec: {
          family: 'inet4',
          dst,
          src: '',
          gateway,
          outLinkName: name,
          table: 'main',
          priority: metric,
          scope: 'global',
          type: 'unicast',
          flags: '',
          protocol: 'static',
          layer: 'configuration',
        },
      };
    }),
  );
}

function operatorSpecs({ configuration }: Machine): Resource[] {
  return (configuration.main.machine?.network?.interfaces ?? []).flatMap(({ interface: name = '', dhcp, vip }) => [
    ...(dhcp === true
      ? [
          {
            id: `dhcp4/${name}`,
            spec: { operator: 'dhcp4', linkName: name, requireUp: true, dhcp4: { routeMetric: 1024 }, layer: 'configuration' },
          },
        ]
      : []),
    ...(vip === undefined
      ? []
      : [
          {
            id: `vip/${name}`,
            spec: { operator: 'vip', linkName: name, requireUp: true, vip: { ip: vip.ip, gratuitousARP: true }, layer: 'configuration' },
          },
        ]),
  ]);
}

async function firewallChains({ configuration }: Machine): Promise<Resource[]> {
  const chains = chainsOf(firewallOf(configuration.documents), ownAddresses([...(configuration.main.cluster?.network?.podSubnets ?? [])]));
  return chains.map(({ name, ...spec }) => ({ id: name, spec }));
}
