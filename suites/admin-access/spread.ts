/** An echo pod's namespace and node. */
export interface PodSpot {
  readonly namespace: string;
  readonly node: string;
}

/** So few pods that every namespace and every node has one: as many as there are of the more numerous. */
export function spreadOver(namespaces: readonly string[], nodes: readonly string[]): PodSpot[] {
  if (namespaces.length === 0 || nodes.length === 0) return [];
  return Array.from({ length: Math.max(namespaces.length, nodes.length) }, (_, index) => ({
    namespace: namespaces[index % namespaces.length] ?? '',
    node: nodes[index % nodes.length] ?? '',
  }));
}
