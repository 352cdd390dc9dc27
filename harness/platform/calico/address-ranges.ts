import type { Kubernetes } from '../kubernetes/kubernetes.ts';

/** Of Calico. */
export interface IpPool {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly cidr: string; readonly disabled?: boolean; readonly natOutgoing?: boolean };
}

/** The ranges that Calico gives pods their addresses from. */
export async function ipPools({ objects }: Pick<Kubernetes, 'objects'>): Promise<IpPool[]> {
  const { items } = await objects.list('crd.projectcalico.org/v1', 'IPPool');
  return items as unknown as IpPool[];
}

/** A pool as the API would keep it, without keeping it. Throws when it refuses. */
export async function dryRunIpPool(
  { request }: Pick<Kubernetes, 'request'>,
  { name, cidr }: { readonly name: string; readonly cidr: string },
  signal: AbortSignal,
): Promise<IpPool> {
  const body = { apiVersion: 'crd.projectcalico.org/v1', kind: 'IPPool', metadata: { name }, spec: { cidr, disabled: true } };
  const answer = await request({ method: 'POST', path: '/apis/crd.projectcalico.org/v1/ippools?dryRun=All', body }, signal);
  if (answer.status !== 201) throw new Error(`a pool of ${cidr} was refused: ${answer.status} ${answer.message}`);
  return answer.body as IpPool;
}
