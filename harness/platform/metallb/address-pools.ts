import type { KubernetesObject } from '@kubernetes/client-node';
import { type AddressRange, rangeOf } from '../../../guide/address.ts';
import type { NamedRange } from '../../../guide/overlaps.ts';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';

/** Where MetalLB keeps its configuration (MetalLB v0.14, Installation). */
export const metallbNamespace = 'metallb-system';

/** An IPAddressPool of MetalLB (metallb.io/v1beta1). */
export interface AddressPool {
  readonly name: string;
  /** As they are written, `first-last` or CIDR. */
  readonly addresses: readonly string[];
  /** Whether Services that ask for nothing get its addresses; they do unless it says otherwise. */
  readonly autoAssign: boolean;
}

/** An L2Advertisement of MetalLB. */
export interface Advertisement {
  readonly name: string;
  /** The pools that it names; none means all that no selector leaves out. */
  readonly pools: readonly string[];
}

export async function addressPools({ objects }: Pick<Kubernetes, 'objects'>): Promise<AddressPool[]> {
  const { items } = await objects.list('metallb.io/v1beta1', 'IPAddressPool', metallbNamespace);
  return items.map((each) => addressPool(each));
}

export async function advertisements({ objects }: Kubernetes): Promise<Advertisement[]> {
  const { items } = await objects.list('metallb.io/v1beta1', 'L2Advertisement', metallbNamespace);
  return items.map((each) => advertisement({ name: each.metadata?.name ?? '', spec: (each as { spec?: unknown }).spec }));
}

export function addressPool(object: KubernetesObject): AddressPool {
  return poolOf({ name: object.metadata?.name ?? '', spec: (object as { spec?: unknown }).spec });
}

/** From a name and a specification, as the record of a cluster's building keeps them. */
export function poolOf({ name, spec }: { name: string; spec?: unknown }): AddressPool {
  const { addresses = [], autoAssign = true } = (spec ?? {}) as { addresses?: string[]; autoAssign?: boolean };
  return { name, addresses, autoAssign };
}

export function advertisement({ name, spec }: { name: string; spec?: unknown }): Advertisement {
  return { name, pools: ((spec ?? {}) as { ipAddressPools?: string[] }).ipAddressPools ?? [] };
}

/** For example `admin-pool 192.168.29.100-192.168.29.109, only on request`. */
export function poolText({ name, addresses, autoAssign }: AddressPool): string {
  return `${name} ${addresses.join(' and ')}, ${autoAssign ? 'for all who ask for nothing' : 'only on request'}`;
}

export function advertisementText({ name, pools }: Advertisement): string {
  return `${name} of ${pools.toSorted().join(' and ') || 'all pools'}`;
}

/** The guide's notation of a range (Step 4: IPAddressPool). */
export function rangeText({ first, last }: AddressRange): string {
  return `${first}-${last}`;
}

export function rangesOf({ addresses }: AddressPool): AddressRange[] {
  return addresses.map(rangeOf);
}

/** The ranges that Services get their addresses from, named by their pools. */
export async function balancedRanges(kubernetes: Pick<Kubernetes, 'objects'>): Promise<NamedRange[]> {
  const pools = await addressPools(kubernetes);
  return pools.flatMap(({ name, addresses }) => addresses.map((range) => ({ name: `load balancer (${name})`, range })));
}
