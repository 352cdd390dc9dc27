import type { DocumentedNode } from '../../guide/cluster.ts';
import type { Cluster } from '../../harness/platform/cluster.ts';
import type { TalosNode } from '../../harness/platform/talos/client.ts';
import { withTalos } from '../../harness/platform/talos/with-talos.ts';

/** What a machine told of itself. */
export interface Told<T> {
  readonly node: DocumentedNode;
  /** For evidence: the place that was asked. */
  readonly vantage: string;
  readonly value: T;
}

/** Asks one machine over the Talos API at its own address: nobody forwards the question, so nobody else answers it. */
export async function ofMachine<T>(
  cluster: Pick<Cluster, 'descriptor'>,
  { address }: Pick<DocumentedNode, 'address'>,
  read: (machine: TalosNode) => Promise<T>,
): Promise<T> {
  return withTalos(cluster, (talos) => read(talos.node()), { endpoints: [address] });
}

/** Asks these machines, all at the same time. Throws a TalosError when one cannot be asked. */
export async function ofMachines<T>(
  cluster: Pick<Cluster, 'descriptor'>,
  nodes: readonly DocumentedNode[],
  read: (machine: TalosNode, node: DocumentedNode) => Promise<T>,
): Promise<Told<T>[]> {
  return Promise.all(
    nodes.map(async (node) => ({
      node,
      vantage: `Talos API of ${node.name}`,
      value: await ofMachine(cluster, node, (machine) => read(machine, node)),
    })),
  );
}
