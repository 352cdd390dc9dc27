import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { Destination } from '../../../harness/probe/claims.ts';

/** apid's; guide: Port Reference. */
export const apiPort = 50_000;
/** trustd's, on control planes alone; the firewall's range has it on every node (docs.talos.dev, Network Connectivity). */
const trustdPort = 50_001;

/** The range of the guide's firewall, 50000 to 51000 (Network Requirements): its edges, their neighbours in it, and ports in between. */
export const rangePorts = [apiPort, trustdPort, 50_002, 50_250, 50_500, 50_750, 50_999, 51_000];

/**
 * Ports of the range on nodes. Nobody listens on most of them: where the firewall lets a packet through, the node refuses, and where
 * it drops the packet, there is silence.
 */
export function rangeOn(nodes: Cluster['documented']['nodes'], ports: readonly number[] = rangePorts): Destination[] {
  return nodes.flatMap(({ name, address, role }) =>
    ports.map((port): Destination => {
      const isServed = port === apiPort || (port === trustdPort && role === 'control-plane');
      return {
        name: `port ${port} of ${name}`,
        target: { kind: 'tcp', host: address, port, ...(isServed ? {} : { listens: false }) },
      };
    }),
  );
}

export async function whichRule(): Promise<string> {
  return 'talosctl -n NODE get nftableschain ingress -o yaml; talosctl -n NODE get mc v1alpha1 -o yaml: the documents NetworkDefaultActionConfig and NetworkRuleConfig (E06)';
}
