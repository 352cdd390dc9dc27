import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import type { NamedRange } from '../../../guide/overlaps.ts';

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

/** The ranges that MetalLB gives Services their addresses from, named by their pools. */
export async function balancedRanges({ objects }: Pick<Kubernetes, 'objects'>): Promise<NamedRange[]> {
  const { items } = await objects.list('metallb.io/v1beta1', 'IPAddressPool', 'metallb-system');
  return (items as { metadata?: { name?: string }; spec?: { addresses?: string[] } }[]).flatMap(({ metadata, spec }) =>
    (spec?.addresses ?? []).map((range) => ({ name: `load balancer (${metadata?.name})`, range })),
  );
}
