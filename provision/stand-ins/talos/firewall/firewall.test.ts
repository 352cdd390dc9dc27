import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeConfiguration } from '../../../../harness/platform/talos/machine-config/decode.ts';
import { type Firewall, chainsOf } from './chains.ts';
import { firewallOf } from './documents.ts';
import { addressSet } from './ip-set.ts';
import { ruleset } from './ruleset.ts';

const own = ['192.168.29.21/32'];
const plain: Firewall = {
  defaultAction: 'block',
  rules: [],
  podSubnets: ['10.244.0.0/16'],
  serviceSubnets: ['10.96.0.0/12'],
  hostDns: false,
};
const talosApi = {
  name: 'talos',
  protocol: 'tcp',
  ports: [{ lo: 50_000, hi: 51_000 }],
  subnets: ['10.10.0.0/24', '192.168.1.10/32'],
  except: ['10.10.0.7/32'],
};

describe('a set of addresses', () => {
  it('joins what touches', () => expect(addressSet(['10.0.0.0/25', '10.0.0.128/25']).v4).toEqual(['10.0.0.0-10.0.0.255']));
  it('leaves out what is excepted', () =>
    expect(addressSet(['10.10.0.0/24'], ['10.10.0.7/32']).v4).toEqual(['10.10.0.0-10.10.0.6', '10.10.0.8-10.10.0.255']));
  it('knows when it holds every address', () => expect(addressSet(['0.0.0.0/0']).v4).toBe('all'));
  it('keeps the families apart', () =>
    expect(addressSet(['2001:db8::/127', '10.0.0.1/32'])).toEqual({ v4: ['10.0.0.1'], v6: ['2001:db8:0:0:0:0:0:0-2001:db8:0:0:0:0:0:1'] }));
});

describe('a firewall', () => {
  it('that nothing asks for is no chain, and the table goes', () => {
    const none = chainsOf({ ...plain, defaultAction: 'accept' }, own);
    expect(none).toEqual([]);
    expect(ruleset(none)).toBe('table inet talos\ndelete table inet talos\n');
  });
  it('that blocks is these rules', () => expect(ruleset(chainsOf({ ...plain, rules: [talosApi] }, own))).toMatchSnapshot());
  it('that accepts drops only the sources that a rule does not name', () =>
    expect(ruleset(chainsOf({ ...plain, defaultAction: 'accept', rules: [talosApi] }, own))).toMatchSnapshot());
});

describe("the guide's corrected firewall", () => {
  const file = join(import.meta.dirname, '../../../steps/manifests/talos/firewall.corrected.yaml');
  const firewall = firewallOf(decodeConfiguration(readFileSync(file, 'utf8'), { patch: true }));
  const admitted = (port: number): string[] =>
    firewall.rules
      .filter(({ protocol, ports }) => protocol === 'tcp' && ports.some(({ lo, hi }) => lo <= port && port <= hi))
      .flatMap(({ subnets }) => subnets);
  it('blocks what it does not name', () => expect(firewall.defaultAction).toBe('block'));
  it.each([50_000, 50_500, 51_000])('opens %i to every admin source', (port) =>
    expect(admitted(port)).toEqual(expect.arrayContaining(['192.168.1.10/32', '10.10.0.0/24', '192.168.1.20/32'])),
  );
  it.each([2379, 2380, 5473, 6443, 7946, 9100, 10_250, 50_000, 50_001])('opens %i to control planes', (port) =>
    expect(admitted(port)).toContain('192.168.29.8/29'),
  );
  it.each([50_000, 50_001, 6443, 10_250, 9100, 2379])('does not open %i to the whole LAN', (port) =>
    expect(admitted(port)).not.toContain('192.168.29.0/24'),
  );
});
