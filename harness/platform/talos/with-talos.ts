import type { Cluster } from '../cluster.ts';
import { type Talos, type TalosOptions, connectTalos } from './client.ts';
import { readTalosconfig } from './talosconfig.ts';

/** Works with the cluster's Talos API as its administrator, and closes the connections afterwards. Throws where the cluster has none. */
export async function withTalos<T>(
  { descriptor }: Pick<Cluster, 'descriptor'>,
  work: (talos: Talos) => Promise<T>,
  options: TalosOptions = {},
): Promise<T> {
  if (descriptor.talosconfig === undefined) throw new Error(`provider ${descriptor.provider} gives no talosconfig`);
  const talos = connectTalos(await readTalosconfig(descriptor.talosconfig), options);
  try {
    return await work(talos);
  } finally {
    talos.close();
  }
}
