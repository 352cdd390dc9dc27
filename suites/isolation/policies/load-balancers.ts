import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { announcingNodes, assignedAddress } from '../../../harness/platform/metallb/load-balancer.ts';

/** An address of the tenant pool in front of a pod. */
export interface LoadBalancer {
  readonly name: string;
  readonly address: string;
  /** externalTrafficPolicy: whether nodes hand traffic from outside on to other nodes, under their own address. */
  readonly policy: 'Cluster' | 'Local';
  /** The nodes that MetalLB names; none where the pools of the address are not announced. */
  readonly announcedBy: readonly string[];
}

/** Puts a pod, found by its label conform-pod, behind two load balancer addresses, one for each externalTrafficPolicy; returns when they are announced. */
export async function loadBalancers(
  { cluster: { kubernetes }, changes, signal }: CheckContext,
  { namespace, pod }: { namespace: string; pod: string },
): Promise<LoadBalancer[]> {
  const awaited = { timeoutMs: patience('answer'), signal };
  const name = `conform-lb-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/load-balancers.yaml`, { NAME: name, NAMESPACE: namespace, POD: pod });
  return Promise.all(
    (['Cluster', 'Local'] as const).map(async (policy) => {
      const place = { namespace, name: `${name}-${policy.toLowerCase()}` };
      const address = await assignedAddress(kubernetes, place, awaited);
      return {
        name: place.name,
        address,
        policy,
        announcedBy: await announcingNodes(kubernetes, place, awaited),
      };
    }),
  );
}
