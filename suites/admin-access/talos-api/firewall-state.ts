import type { Cluster } from '../../../harness/platform/cluster.ts';
import { decodeConfiguration } from '../../../harness/platform/talos/machine-config/decode.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';

/** What a node's firewall is by default, each as `accept`, `block`/`drop` or `none`. */
export interface FirewallState {
  /** In the configuration that the node keeps on its disk (Talos: document NetworkDefaultActionConfig). */
  readonly stored: string;
  /** In the chain that judges what comes in (Talos: resource NfTablesChain). */
  readonly inForce: string;
}

/** Reads it over the Talos API, at the node itself. */
export async function firewallState(cluster: Cluster, address: string): Promise<FirewallState> {
  return withTalos(
    cluster,
    async (talos) => {
      const node = talos.node();
      const [configurations, chains] = await Promise.all([
        node.list<string>('machineconfigs'),
        node.list<{ policy: string }>('nftableschains'),
      ]);
      // Where a release does not show what is on the disk, what is active after a reboot is.
      const kept = configurations.find(({ id }) => id === 'persistent') ?? configurations.find(({ id }) => id === 'v1alpha1');
      const documents = decodeConfiguration(typeof kept?.spec === 'string' ? kept.spec : (kept?.yaml ?? ''));
      const action = documents.find(({ kind }) => kind === 'NetworkDefaultActionConfig')?.value['ingress'];
      return {
        stored: typeof action === 'string' ? action : 'none',
        inForce: chains.find(({ id }) => id === 'ingress')?.spec.policy ?? 'none',
      };
    },
    { endpoints: [address] },
  );
}
