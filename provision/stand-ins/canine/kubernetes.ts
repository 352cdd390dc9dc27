import { readFileSync } from 'node:fs';
import {
  ApiException,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Deployment,
  type V1Pod,
} from '@kubernetes/client-node';
import type { Manifest } from './manifests.ts';
import type { Cluster } from './records.ts';

/** What Canine does to a cluster. Each call throws what the API server or the network refused. */
export interface Kubernetes {
  apply(manifest: Manifest): Promise<void>;
  /** Objects of a kind in a namespace, or in the whole cluster. */
  list(kind: Pick<Manifest, 'apiVersion' | 'kind'>, namespace?: string): Promise<KubernetesObject[]>;
  pods(namespace: string): Promise<V1Pod[]>;
  deployment(namespace: string, name: string): Promise<V1Deployment>;
  /** An object that is not there is deleted already. */
  delete(object: Pick<Manifest, 'apiVersion' | 'kind'> & { metadata: { name: string; namespace?: string } }): Promise<void>;
  /** Deletes a pod, and throws if there is none. */
  deletePod(namespace: string, name: string): Promise<void>;
  restart(namespace: string, deployment: string): Promise<void>;
  /** As an object, the way the API hands it out. */
  kubeconfig(): unknown;
}

const fieldManager = 'helm';

/** The cluster that Canine runs in, or the one that a kubeconfig names. */
export function connect(cluster: Cluster): Kubernetes {
  const config = new KubeConfig();
  if (cluster.kubeconfig === null) {
    config.loadFromCluster();
    return new Client(config, inClusterKubeconfig);
  }
  config.loadFromString(cluster.kubeconfig);
  return new Client(config, () => JSON.parse(config.exportConfig()));
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What Canine hands out for the cluster that it runs in: its own ServiceAccount's token. */
function inClusterKubeconfig(): unknown {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  const authority = readFileSync(`${serviceAccount}/ca.crt`).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'in-cluster',
    clusters: [{ name: 'in-cluster', cluster: { server: `https://${host}:${port}`, 'certificate-authority-data': authority } }],
    contexts: [{ name: 'in-cluster', context: { cluster: 'in-cluster', user: 'service-account' } }],
    users: [{ name: 'service-account', user: { token: readFileSync(`${serviceAccount}/token`, 'utf8') } }],
  };
}

class Client implements Kubernetes {
  readonly kubeconfig: () => unknown;
  readonly #objects: KubernetesObjectApi;

  constructor(config: KubeConfig, kubeconfig: () => unknown) {
    this.kubeconfig = kubeconfig;
    this.#objects = KubernetesObjectApi.makeApiClient(config);
  }

  async apply(manifest: Manifest): Promise<void> {
    await this.#objects.patch(manifest, undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply);
  }

  async list(kind: Pick<Manifest, 'apiVersion' | 'kind'>, namespace?: string): Promise<KubernetesObject[]> {
    return (await this.#objects.list(kind.apiVersion, kind.kind, namespace)).items;
  }

  async pods(namespace: string): Promise<V1Pod[]> {
    return (await this.#objects.list<V1Pod>('v1', 'Pod', namespace)).items;
  }

  async deployment(namespace: string, name: string): Promise<V1Deployment> {
    return await this.#objects.read<V1Deployment>({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } });
  }

  async delete(object: Pick<Manifest, 'apiVersion' | 'kind'> & { metadata: { name: string; namespace?: string } }): Promise<void> {
    try {
      await this.#objects.delete(object);
    } catch (error) {
      if (!(error instanceof ApiException) || error.code !== 404) throw error;
    }
  }

  async deletePod(namespace: string, name: string): Promise<void> {
    await this.#objects.delete({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } });
  }

  async restart(namespace: string, name: string): Promise<void> {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    const patch = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { template: { metadata: { annotations } } },
    };
    await this.#objects.patch(patch, undefined, undefined, undefined, undefined, PatchStrategy.StrategicMergePatch);
  }
}
