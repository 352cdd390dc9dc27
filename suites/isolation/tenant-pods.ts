import { randomBytes } from 'node:crypto';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Cluster } from '../../harness/cluster/cluster.ts';
import { type PodPlace, createFrom, deleteAll, readyPods } from '../../harness/cluster/kubernetes.ts';
import type { Target } from '../../harness/vantage/probe.ts';

/** A pod of a tenant that can be probed from and serves HTTP on 8080. */
export interface TenantPod extends PodPlace {
  readonly address: string;
  readonly node: string;
  readonly web: Target;
}

export interface TenantPods {
  /** One pod on each of the first two workers, in the workers' order. */
  readonly alice: readonly TenantPod[];
  readonly bob: readonly TenantPod[];
  delete(): Promise<void>;
}

const servedPort = 8080;

/** Starts two pods of each tenant, so that every placement, on one node and across nodes, is there. */
export async function startTenantPods(cluster: Cluster, signal: AbortSignal): Promise<TenantPods> {
  const run = randomBytes(3).toString('hex');
  const workers = cluster.documented.nodes.filter(({ role }) => role === 'worker').slice(0, 2);
  const manifest = `${import.meta.dirname}/tenants.yaml`;
  const created: KubernetesObject[] = [];
  const remove = (): Promise<void> => deleteAll(cluster.kubernetes, created);
  const startOf = async (tenant: string): Promise<TenantPod[]> => {
    for (const { name: node } of workers) created.push(...(await createFrom(cluster.kubernetes, manifest, { NAME: `probe-${run}-${node}`, TENANT: tenant, NODE: node, RUN: run })));
    const pods = await readyPods(cluster.kubernetes, { namespace: tenant, selector: `conform-run=${run}`, count: workers.length }, signal);
    return pods.map(({ metadata, spec, status }) => {
      const address = status?.podIP ?? '';
      return { namespace: tenant, pod: metadata?.name ?? '', node: spec?.nodeName ?? '', address, web: { kind: 'tcp' as const, host: address, port: servedPort } };
    });
  };
  try {
    const [alice, bob] = await Promise.all([startOf('canine-alice'), startOf('canine-bob')]);
    return { alice, bob, delete: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
