import type { Cluster } from '../../harness/platform/cluster.ts';
import { type Destination, type Source, atHost } from '../../harness/probe/claims.ts';

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

/** Nodes as sources of claims. */
export function atNodes(nodes: Nodes): Source[] {
  return nodes.map(({ name }) => atHost(name));
}

/** A TCP port of every node. */
export function portOf(nodes: Nodes, port: number, name: string): Destination[] {
  return nodes.map((node) => ({ name: `${name} on ${node.name}`, target: { kind: 'tcp', host: node.address, port } }));
}

/** No node has a port that is open to all, but all answer ping: packets of a host do get there and back. */
export function pings(nodes: Nodes): Destination[] {
  return nodes.map(({ name, address }) => ({ name: `ping of ${name}`, target: { kind: 'icmp', host: address } }));
}
