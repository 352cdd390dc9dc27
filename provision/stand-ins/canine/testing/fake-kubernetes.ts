import type { KubernetesObject, V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { Kubernetes } from '../kubernetes.ts';
import type { Manifest } from '../manifests.ts';

/** A cluster in memory, for the tests of what is asked of one. */
export class FakeKubernetes implements Kubernetes {
  readonly objects = new Map<string, Manifest>();
  readonly restarted: string[] = [];
  /** What the next call throws. */
  refusal: Error | undefined;

  async apply(manifest: Manifest): Promise<void> {
    this.#refuse();
    this.objects.set(keyOf(manifest), manifest);
  }

  async list(kind: { kind: string }, namespace?: string): Promise<KubernetesObject[]> {
    this.#refuse();
    return [...this.objects.values()].filter(
      (one) => one.kind === kind.kind && (namespace === undefined || one.metadata?.namespace === namespace),
    );
  }

  async pods(namespace: string): Promise<V1Pod[]> {
    return (await this.list({ kind: 'Pod' }, namespace)).map((pod) => ({ ...pod, status: { phase: 'Running' } }));
  }

  async deployment(namespace: string, name: string): Promise<V1Deployment> {
    const found = this.objects.get(`Deployment/${namespace}/${name}`);
    if (found === undefined) throw new Error(`deployments.apps "${name}" not found`);
    return { spec: { replicas: 1 }, status: { readyReplicas: 1 } } as V1Deployment;
  }

  async delete(object: { kind: string; metadata: { name: string; namespace?: string } }): Promise<void> {
    this.#refuse();
    this.objects.delete(keyOf(object));
  }

  async deletePod(namespace: string, name: string): Promise<void> {
    if (!this.objects.delete(`Pod/${namespace}/${name}`)) throw new Error(`pods "${name}" not found`);
  }

  async restart(namespace: string, deployment: string): Promise<void> {
    this.restarted.push(`${namespace}/${deployment}`);
  }

  kubeconfig(): unknown {
    return { apiVersion: 'v1', kind: 'Config' };
  }

  #refuse(): void {
    if (this.refusal !== undefined) throw this.refusal;
  }
}

function keyOf({ kind, metadata }: { kind: string; metadata?: { name?: string; namespace?: string } | undefined }): string {
  return `${kind}/${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
