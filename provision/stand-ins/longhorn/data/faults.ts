/**
 * The faults that are switched on: the data of the ConfigMap `conform-faults` in the own namespace, name to parameter
 * (`on` where there is none). No ConfigMap, no fault.
 */
import { readFile } from 'node:fs/promises';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';

const configMap = 'conform-faults';
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const intervalMs = 3000;

export interface Faults {
  /** The parameter; undefined while the fault is off. */
  get(name: string): string | undefined;
  /** True for `on`, and for a list, comma separated, that names the volume or node. */
  hits(name: string, subject: string): boolean;
}

/** Keeps looking from now on. Outside a pod there are none. */
export async function watchFaults(): Promise<Faults> {
  const namespace = await readFile(namespaceFile, 'utf8').catch(() => undefined);
  let known: Readonly<Record<string, string>> = {};
  if (namespace !== undefined) {
    const config = new KubeConfig();
    config.loadFromCluster();
    const api = config.makeApiClient(CoreV1Api);
    const look = async (): Promise<void> => {
      const { items } = await api.listNamespacedConfigMap({ namespace, fieldSelector: `metadata.name=${configMap}` });
      known = items[0]?.data ?? {};
    };
    setInterval(() => void look().catch(() => undefined), intervalMs).unref();
  }
  return faultsFrom(() => known);
}

export function faultsFrom(known: () => Readonly<Record<string, string>>): Faults {
  const get = (name: string): string | undefined => known()[name];
  return { get, hits: (name, subject) => get(name) === 'on' || (get(name)?.split(',').includes(subject) ?? false) };
}
