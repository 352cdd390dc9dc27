import type { Cluster } from '../../harness/platform/cluster.ts';
import type { Destination } from '../../harness/probe/claims.ts';

/** A host of the internet by its address: names are asked for apart. */
export function internet(cluster: Pick<Cluster, 'vantage'>): Destination {
  return { name: 'a host of the internet', target: { kind: 'tcp', host: cluster.vantage('internet').address, port: 80 } };
}
