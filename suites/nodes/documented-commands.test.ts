import { describe, expect, it } from 'vitest';
import { documentedCluster } from '../../guide/cluster.ts';
import { diskLines, hostnameListing, lastColumns, listedHostnames, talosctlLines, vipLines } from './documented-commands.ts';

const written = documentedCluster('as-written');
const corrected = documentedCluster('corrected');

describe("the guide's commands", () => {
  it('ask every node for its hostname, and as written throw the error away', () => {
    expect(hostnameListing(written, 'as-written')).toContain('2>/dev/null');
    expect(hostnameListing(corrected, 'corrected')).toContain(' 192.168.29.13; do');
  });

  it('have as written no node for the list of members, and a command that talosctl does not have', () => {
    expect(vipLines(written, 'as-written').at(-1)?.command).toBe(
      'talosctl --talosconfig talosconfig --endpoints 192.168.29.10 get members',
    );
    expect(diskLines(written, 'as-written').map(({ command }) => command)).toContain(
      'talosctl --talosconfig talosconfig --nodes 192.168.29.21 df /dev/sdb',
    );
  });

  it('change nothing', () => {
    const verbs = talosctlLines(corrected, 'corrected').map(({ command }) => command);
    expect(verbs.filter((command) => /\b(?:bootstrap|apply-config|patch|upgrade|upgrade-k8s|reset|snapshot)\b/.test(command))).toEqual([]);
  });
});

describe('an output', () => {
  it('of the members holds every node, in any order', () => {
    const shows = vipLines(corrected, 'corrected').at(-1)?.shows;
    const row = (name: string): string => `192.168.29.11   cluster   Member   ${name}   1   ${name}   worker\n`;
    const all = corrected.nodes.map(({ name }) => row(name)).toReversed();
    expect([shows?.test(all.join('')), shows?.test(all.slice(1).join(''))]).toEqual([true, false]);
  });

  it('of the volumes has the size of the disk', () => {
    const [volumes] = diskLines(corrected, 'corrected');
    expect(volumes?.shows.test('192.168.29.21   runtime   DiscoveredVolume   sdb1   1   partition   300 GB   xfs   u-longhorn')).toBe(true);
    expect(volumes?.shows.test('192.168.29.21   runtime   DiscoveredVolume   sda4   1   partition   50 GB   xfs   EPHEMERAL')).toBe(false);
  });

  it('of a version names the node that answered', () => {
    const line = talosctlLines(corrected, 'corrected')[0];
    expect(line?.shows.test('Server:\n\tNODE:        192.168.29.11\n\tTag:         v1.11.6\n')).toBe(true);
    expect(line?.shows.test('Server:\n\tNODE:        192.168.29.111\n\tTag:         v1.11.6\n')).toBe(false);
  });
});

describe('a listing', () => {
  it('of hostnames is read by address; a line without a name is one', () => {
    expect(listedHostnames('192.168.29.11 → hostname: cp01\n192.168.29.12 → hostname: \n')).toEqual(
      new Map([
        ['192.168.29.11', 'cp01'],
        ['192.168.29.12', ''],
      ]),
    );
  });

  it('of nodes has its last column by name', () => {
    expect(lastColumns('NAME   IP              READY\ncp01   192.168.29.11   True\nw02    192.168.29.22   Unknown\n')).toEqual(
      new Map([
        ['cp01', 'True'],
        ['w02', 'Unknown'],
      ]),
    );
  });
});
