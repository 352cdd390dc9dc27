import { describe, expect, it } from 'vitest';
import { documentedCluster } from '../../../guide/cluster.ts';
import { rangeOn, rangePorts } from './range.ts';

const { nodes } = documentedCluster('corrected');

describe("the ports of the Talos firewall's range", () => {
  it('are its first, its last and several in between', () => {
    expect([Math.min(...rangePorts), Math.max(...rangePorts), rangePorts.length > 4]).toEqual([50_000, 51_000, true]);
  });

  it('are tried on every node', () => {
    expect(rangeOn(nodes)).toHaveLength(nodes.length * rangePorts.length);
  });

  it('have nobody who listens but apid on every node and trustd on control planes', () => {
    const served = rangeOn(nodes).filter(({ target }) => !('listens' in target));
    expect(served.map(({ name }) => name)).toEqual(
      nodes.flatMap(({ name, role }) => [`port 50000 of ${name}`, ...(role === 'control-plane' ? [`port 50001 of ${name}`] : [])]),
    );
  });
});
