import type { Cluster } from '../../../harness/platform/cluster.ts';
import { type TalosContext, parseTalosconfig } from '../../../harness/platform/talos/talosconfig.ts';
import { withTalos } from '../../../harness/platform/talos/with-talos.ts';
import { controlPlanes, nth } from '../documented-nodes.ts';

const readerValidSeconds = 600;

/** A caller that may only read, and for minutes: its key is handed to other hosts. */
export async function readerOf({ cluster }: { readonly cluster: Cluster }): Promise<TalosContext> {
  const endpoints = [nth(controlPlanes(cluster), 0).address];
  const made = await withTalos(cluster, (talos) => talos.node().talosconfigFor(['os:reader'], readerValidSeconds), { endpoints });
  return parseTalosconfig(made.reveal());
}
