import type { Cluster } from '../../harness/platform/cluster.ts';
import type { Connection } from '../../harness/probe/connections.ts';

type Nodes = Cluster['documented']['nodes'];

export function controlPlanes({ documented }: Pick<Cluster, 'documented'>): Nodes {
  return documented.nodes.filter(({ role }) => role === 'control-plane');
}

export function workers({ documented }: Pick<Cluster, 'documented'>): Nodes {
  return documented.nodes.filter(({ role }) => role === 'worker');
}

/** A node by its place in the guide's list; throws when there are not so many. */
export function nth(nodes: Nodes, index: number): Nodes[number] {
  const node = nodes[index];
  if (node === undefined) throw new RangeError(`the documented cluster has only ${nodes.length} such nodes`);
  return node;
}

/** No node has a port that is open to all, but all answer ping: packets of these hosts do get there and back. */
export function pings(nodes: Nodes, hosts: readonly string[]): Connection[] {
  return hosts.flatMap((host) =>
    nodes.map(({ name, address }): Connection => ({
      role: 'control',
      from: { host },
      to: { kind: 'icmp', host: address },
      name,
      expect: 'reached',
    })),
  );
}
