import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { documentedCluster, profiles } from '../../guide/cluster.ts';
import {
  hostBatch,
  labHosts,
  macAddress,
  mirrorHosts,
  nameServerConfiguration,
  nameServerZone,
  networkBatch,
  outsideAddress,
} from './network.ts';

const cluster = documentedCluster('corrected');
const isIn = (address: string, range: string): boolean => ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(range));
/** The longest name that the kernel takes for a network device: IFNAMSIZ without the end (if.h). */
const longestDeviceName = 15;
const batchLine = new RegExp(
  [
    String.raw`link set [\w-]+ up`,
    String.raw`link add [\w-]+ type bridge forward_delay 0`,
    String.raw`addr add \d+\.\d+\.\d+\.\d+/\d+ dev [\w-]+`,
    String.raw`netns add [\w-]+`,
    String.raw`link add eth0 netns [\w-]+ type veth peer name [\w-]+`,
    String.raw`link set [\w-]+ master [\w-]+ up`,
    String.raw`route add default via \d+\.\d+\.\d+\.\d+`,
  ]
    .map((form) => `^${form}$`)
    .join('|'),
);
const linesOf = (batch: string): string[] => batch.trimEnd().split('\n');

describe('the places to probe from', () => {
  it.each(Object.entries(cluster.adminSources))('have the admin source %s (%s)', (_, range) => {
    expect(labHosts.some(({ address }) => isIn(address, range))).toBe(true);
  });

  it.each(['192.168.1.9', '192.168.1.11', '192.168.1.19', '192.168.1.21', '10.9.255.254', '10.10.1.1'])(
    'have %s, a neighbour of an admin range that is in none',
    (neighbour) => {
      expect([
        labHosts.some(({ address }) => address === neighbour),
        Object.values(cluster.adminSources).some((range) => isIn(neighbour, range)),
      ]).toEqual([true, false]);
    },
  );

  it('have an outsider in the office that is on no admin list', () => {
    const outsider = labHosts.find(({ name }) => name === 'outsider')?.address ?? '';
    expect([isIn(outsider, '192.168.1.0/24'), Object.values(cluster.adminSources).some((range) => isIn(outsider, range))]).toEqual([
      true,
      false,
    ]);
  });

  it('have a host on the LAN that is no node, VIP, gateway or address of a pool', () => {
    const taken = [...cluster.nodes.map(({ address }) => address), cluster.vip.address, cluster.lan.gateway];
    const lan = labHosts.find(({ address }) => isIn(address, cluster.lan.cidr))?.address ?? '';
    expect([lan, taken.includes(lan), Number(lan.split('.')[3]) < 100]).toEqual(['192.168.29.50', false, true]);
  });

  it('have names and addresses of their own', () => {
    expect([new Set(labHosts.map(({ name }) => name)).size, new Set(labHosts.map(({ address }) => address)).size]).toEqual([
      labHosts.length,
      labHosts.length,
    ]);
  });

  it('have no name of a node', () => {
    const nodes = new Set(cluster.nodes.map(({ name }) => name));
    expect(labHosts.filter(({ name }) => nodes.has(name))).toEqual([]);
  });

  it('are on the network of their gateway', () => {
    expect(labHosts.filter(({ address, network }) => !isIn(address, `${network.gateway}/${network.prefixLength}`))).toEqual([]);
  });
});

describe.each([['the site', networkBatch()] as const, ...labHosts.map((host) => [`host ${host.name}`, hostBatch(host)] as const)])(
  'the ip batch of %s',
  (_, batch) => {
    it('has only well-formed lines', () => {
      expect(linesOf(batch).filter((line) => !batchLine.test(line))).toEqual([]);
    });

    it('ends its last line', () => {
      expect(batch.endsWith('\n')).toBe(true);
    });

    it('uses only device names that the kernel takes', () => {
      expect(batch.split(/\s+/).filter((word) => /^(br|v)-/.test(word) && word.length > longestDeviceName)).toEqual([]);
    });
  },
);

describe('the ip batch of the site', () => {
  it('makes each device before it uses it', () => {
    const made = new Set(['lo']);
    const early = linesOf(networkBatch()).filter((line) => {
      const used = /^link set (\S+)(?: master (\S+))?/.exec(line) ?? /^addr add \S+ dev (\S+)/.exec(line);
      const created = /^link add (\S+) type bridge/.exec(line)?.[1] ?? / peer name (\S+)$/.exec(line)?.[1];
      if (created !== undefined) made.add(created);
      return used !== null && used.slice(1).some((device: string | undefined) => device !== undefined && !made.has(device));
    });
    expect(early).toEqual([]);
  });

  it('names no device twice', () => {
    const created = linesOf(networkBatch()).flatMap(
      (line) => (/^link add (\S+) type bridge/.exec(line) ?? / peer name (\S+)$/.exec(line))?.slice(1) ?? [],
    );
    expect(new Set(created).size).toBe(created.length);
  });

  it("has the guide's gateway on the LAN", () => {
    expect(linesOf(networkBatch())).toContain(`addr add ${cluster.lan.gateway}/24 dev br-lan`);
  });
});

describe('the hardware address of a node', () => {
  it.each([
    ['192.168.29.11', '52:54:00:29:00:0b'],
    ['192.168.29.23', '52:54:00:29:00:17'],
    ['192.168.29.5', '52:54:00:29:00:05'],
  ])('at %s is %s', (address, mac) => {
    expect(macAddress({ name: 'any', address, role: 'worker' })).toBe(mac);
  });

  it.each(profiles)('is its own on the cluster %s', (profile) => {
    const { nodes } = documentedCluster(profile);
    expect(new Set(nodes.map(macAddress)).size).toBe(nodes.length);
  });

  it('is locally administered and of one machine', () => {
    const first = Number.parseInt(macAddress({ name: 'any', address: '192.168.29.11', role: 'worker' }).slice(0, 2), 16);
    expect([first & 2, first & 1]).toEqual([2, 0]);
  });
});

describe('the name server', () => {
  it.each([
    [cluster.vip.hostname, cluster.vip.address],
    [cluster.services.canine.hostname, cluster.services.canine.address],
    [cluster.services.opencost.hostname, cluster.services.opencost.address],
    ['example.com', labHosts.find(({ name }) => name === 'internet')?.address],
    ['registry.vaheed.net', outsideAddress],
  ])('knows %s as %s', (name, address) => {
    expect(linesOf(nameServerZone(cluster, mirrorHosts(cluster)))).toContain(`${name}. IN A ${address}`);
  });

  it('listens at the gateway of every host', () => {
    const bound = /bind (.*)/.exec(nameServerConfiguration())?.[1]?.split(' ') ?? [];
    expect(labHosts.filter(({ network }) => !bound.includes(network.gateway))).toEqual([]);
  });

  it('has balanced braces', () => {
    const text = nameServerConfiguration();
    expect(text.split('{').length).toBe(text.split('}').length);
  });
});
