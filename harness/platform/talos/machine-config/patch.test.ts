import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { patchConfiguration, readPatch } from './patch.ts';

const worker = `version: v1alpha1
machine:
    type: worker
    network:
        hostname: w01
        interfaces:
            - interface: ens192
              dhcp: false
    disks:
        - device: /dev/sdb
          partitions:
            - mountpoint: /var/mnt/longhorn
cluster:
    network:
        podSubnets:
            - 10.244.0.0/16
`;
const block = '---\napiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block\n';
const rule = (ports: string): string =>
  `apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: a\nportSelector:\n    ports: [${ports}]\n    protocol: tcp\ningress:\n    - subnet: 10.0.0.0/8\n`;

function patched(configuration: string, patch: string): Record<string, unknown>[] {
  return parseAllDocuments(patchConfiguration(configuration, readPatch(patch))).map(
    (document) => document.toJS() as Record<string, unknown>,
  );
}

describe('a strategic merge patch', () => {
  it('sets what was absent', () =>
    expect(patched(worker, 'machine:\n    sysctls:\n        a: b\n')[0]).toMatchObject({
      machine: { type: 'worker', sysctls: { a: 'b' } },
    }));
  it('adds to lists: the same disk twice (erratum E04)', () =>
    expect(
      patched(
        worker,
        'machine:\n    disks:\n        - device: /dev/sdb\n          partitions:\n            - mountpoint: /var/lib/longhorn\n',
      )[0],
    ).toMatchObject({ machine: { disks: [{ device: '/dev/sdb' }, { device: '/dev/sdb' }] } }));
  it('replaces the lists that Talos marks so', () =>
    expect(patched(worker, 'cluster:\n    network:\n        podSubnets: [10.1.0.0/16]\n')[0]).toMatchObject({
      cluster: { network: { podSubnets: ['10.1.0.0/16'] } },
    }));
  it('finds an interface by its name', () =>
    expect(
      patched(worker, 'machine:\n    network:\n        interfaces:\n            - interface: ens192\n              mtu: 1400\n')[0],
    ).toMatchObject({ machine: { network: { interfaces: [{ interface: 'ens192', dhcp: false, mtu: 1400 }] } } }));
  it('adds documents', () =>
    expect(patched(worker, block)).toMatchObject([{ version: 'v1alpha1' }, { kind: 'NetworkDefaultActionConfig', ingress: 'block' }]));
  it('merges documents of the same kind and name', () =>
    expect(patched(`${worker}---\n${rule('80')}`, rule('443'))[1]).toMatchObject({
      portSelector: { ports: [443] },
      ingress: [{ subnet: '10.0.0.0/8' }],
    }));
  it('takes documents out', () =>
    expect(patched(worker + block, 'apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\n$patch: delete\n')).toHaveLength(1));
});

describe('a JSON patch', () => {
  const hostname = '[{"op":"replace","path":"/machine/network/hostname","value":"w04"}]';
  it('changes a configuration of one document', () =>
    expect(patched(worker, hostname)[0]).toMatchObject({ machine: { network: { hostname: 'w04' } } }));
  it('is refused where there are several documents (erratum E07)', () =>
    expect(() => patched(worker + block, hostname)).toThrow('JSON6902 patches are not supported for multi-document machine configuration'));
  it('for a path that is not there is refused', () =>
    expect(() => patched(worker, '[{"op":"replace","path":"/machine/files","value":[]}]')).toThrow('doc is missing path: /machine/files'));
});
