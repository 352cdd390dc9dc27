import type { Cluster } from '../../harness/platform/cluster.ts';

/** The names of all nodes: those that the guide documents, and those beside them that the API knows. */
export async function everyNode({ kubernetes, documented }: Pick<Cluster, 'kubernetes' | 'documented'>): Promise<string[]> {
  const { items } = await kubernetes.core.listNode();
  return [...new Set([...documented.nodes.map(({ name }) => name), ...items.map(({ metadata }) => metadata?.name ?? '')])];
}
