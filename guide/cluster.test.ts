import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { documentedCluster, profiles } from './cluster.ts';

const isIn = (address: string, range: string): boolean => ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(range));
const number = (address: string): number => ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);

describe.each(profiles)('the cluster %s', (profile) => {
  const cluster = documentedCluster(profile);
  const addresses = cluster.nodes.map(({ address }) => address);

  it('has the three documented workers', () => {
    expect(cluster.nodes.filter(({ role }) => role === 'worker').map(({ name, address }) => `${name} ${address}`)).toEqual([
      'w01 192.168.29.21',
      'w02 192.168.29.22',
      'w03 192.168.29.23',
    ]);
  });

  it('has no two nodes of one name or address', () => {
    expect([new Set(cluster.nodes.map(({ name }) => name)).size, new Set(addresses).size]).toEqual([
      cluster.nodes.length,
      cluster.nodes.length,
    ]);
  });

  it('has every node, the VIP, the gateway and the pools on the LAN', () => {
    const { admin, tenant } = cluster.pools;
    const all = [...addresses, cluster.vip.address, cluster.lan.gateway, admin.first, admin.last, tenant.first, tenant.last];
    expect(all.filter((address) => !isIn(address, cluster.lan.cidr))).toEqual([]);
  });

  it('has pools that follow each other without a gap or an overlap', () => {
    expect(number(cluster.pools.tenant.first)).toBe(number(cluster.pools.admin.last) + 1);
  });

  it('has no node, VIP or gateway inside a pool', () => {
    const fixed = [...addresses, cluster.vip.address, cluster.lan.gateway].map(number);
    expect(fixed.filter((each) => each >= number(cluster.pools.admin.first) && each <= number(cluster.pools.tenant.last))).toEqual([]);
  });

  it('has the platform Services in the admin pool', () => {
    const own = Object.values(cluster.services).map(({ address }) => number(address));
    expect(own.filter((each) => each < number(cluster.pools.admin.first) || each > number(cluster.pools.admin.last))).toEqual([]);
  });

  it('has the API and DNS Services in the service network', () => {
    expect([cluster.apiServiceAddress, cluster.dnsServiceAddress].map((address) => isIn(address, cluster.serviceCidr))).toEqual([
      true,
      true,
    ]);
  });

  it.each([
    ['LAN and pods', cluster.lan.cidr, cluster.podCidr],
    ['LAN and services', cluster.lan.cidr, cluster.serviceCidr],
    ['pods and services', cluster.podCidr, cluster.serviceCidr],
    ['pods and the VPN', cluster.podCidr, cluster.adminSources.vpn],
  ])('keeps %s apart', (_, one, other) => {
    const [first, second] = [ipaddr.IPv4.parseCIDR(one), ipaddr.IPv4.parseCIDR(other)];
    expect(first[0].match(second) || second[0].match(first)).toBe(false);
  });
});

describe('the profiles differ', () => {
  const [asWritten, corrected] = [documentedCluster('as-written'), documentedCluster('corrected')];

  it('by the third control plane of erratum E01', () => {
    const names = new Set(asWritten.nodes.map(({ name }) => name));
    expect(corrected.nodes.filter(({ name }) => !names.has(name))).toEqual([
      { name: 'cp03', address: '192.168.29.13', role: 'control-plane' },
    ]);
  });

  it('by the disks of errata E27 and E67, larger and with one path, and by what becomes of a lost worker (E28)', () => {
    expect(asWritten.storage).toEqual({
      diskBytes: 100e9,
      diskMount: '/var/mnt/longhorn',
      dataPath: '/var/lib/longhorn',
      lostWorker: 'replaced',
    });
    expect(corrected.storage.lostWorker).toBe('awaited');
    expect(corrected.storage.diskBytes).toBeGreaterThan(asWritten.storage.diskBytes);
    expect(corrected.storage.dataPath).toBe(corrected.storage.diskMount);
  });

  it('by the API that Canine really has (E37)', () => {
    expect([asWritten.canineApi, corrected.canineApi]).toEqual(['guide', 'upstream']);
  });

  it('by the secrets that tenants may no longer read (E44)', () => {
    const resources = ({ tenantRole }: typeof corrected): string[] => tenantRole.resources.map(({ resource }) => resource);
    expect(resources(asWritten).filter((each) => !resources(corrected).includes(each))).toEqual(['secrets']);
    expect(resources(corrected).filter((each) => !resources(asWritten).includes(each))).toEqual([]);
  });

  it('in nothing else', () => {
    const common = { nodes: [], storage: {}, canineApi: '', tenantRole: {} };
    expect({ ...corrected, ...common }).toEqual({ ...asWritten, ...common });
  });

  it('without one call changing what the next returns', () => {
    expect(documentedCluster('as-written').nodes.map(({ name }) => name)).toEqual(['cp01', 'cp02', 'w01', 'w02', 'w03']);
  });
});
