import type { DocumentedNode } from '../../../guide/cluster.ts';
import { type Claim, type Destination, type Source, unansweredDenial } from '../../../harness/probe/claims.ts';
import type { ConnectionMatrix } from '../../fixtures/connection-matrix.ts';
import { fromHosts, toKind } from '../../fixtures/matrix-parts.ts';

/**
 * No source connects to the node ports of a tenant at any node. Nobody in the cluster may reach a tenant's node port by policy, so
 * none can be the anchor at the target; in its place each node reaches the node port of the namespace without policies at its own
 * address, which proves that node ports are programmed there.
 */
export function deniedNodePorts(
  matrix: ConnectionMatrix,
  nodes: readonly DocumentedNode[],
  { from, of, sameSourceReaches }: { from: readonly Source[]; of: string; sameSourceReaches: readonly Destination[] },
): Claim {
  const portsAt = (owner: string, at: (node: string) => boolean, count: number): readonly Destination[] =>
    matrix.targets(
      toKind('node-port', ({ group, node }) => group === owner && at(node)),
      count,
    );
  return unansweredDenial({
    from,
    to: portsAt(of, () => true, nodes.length),
    sameSourceReaches,
    hostsAnswer: nodes.flatMap(({ name }) => {
      const open = portsAt('neutral', (node) => node === name, 1);
      return matrix.sources(fromHosts(name), 1).flatMap((host) => open.map((to) => ({ from: host, to })));
    }),
  });
}
