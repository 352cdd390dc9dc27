import type { V1Service } from '@kubernetes/client-node';
import { type AddressRange, isWithin, overlap } from '../../../guide/address.ts';
import { type AddressPool, rangesOf } from '../../../harness/platform/metallb/address-pools.ts';
import { addressesGiven, isScratch, metallbAnnotations, placeName } from '../../../harness/platform/metallb/load-balancer.ts';

/** A Service that has an address of a range, whoever made it. */
export interface Holder {
  /** `namespace/name`. */
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  /** The pool that MetalLB took it from; `no pool` for an external address that it was not asked for. */
  readonly pool: string;
  /** It named the address or the pool. */
  readonly asked: boolean;
}

/** Every Service with an address of a range: of a load balancer, or external ones of its own; those that a check made are left out. */
export function holdersOf(services: readonly V1Service[], range: AddressRange): Holder[] {
  return services
    .filter((service) => !isScratch(service))
    .flatMap((service) => {
      const { metadata, spec } = service;
      const { name = '', namespace = '', annotations } = metadata ?? {};
      const addresses = [...new Set([...addressesGiven(service), ...(spec?.externalIPs ?? [])])];
      const asked =
        spec?.loadBalancerIP !== undefined ||
        (spec?.externalIPs ?? []).length > 0 ||
        [metallbAnnotations.address, metallbAnnotations.pool].some((each) => annotations?.[each] !== undefined);
      const pool = annotations?.[metallbAnnotations.allocatedFrom] ?? 'no pool';
      return addresses
        .filter((address) => isWithin(address, range))
        .map((address) => ({ name: placeName({ namespace, name }), namespace, address, pool, asked }));
    });
}

export function holderText({ name, address, pool }: Holder): string {
  return `${name} has ${address} from ${pool}`;
}

/** The pools that hold addresses of a range. */
export function poolsWith(pools: readonly AddressPool[], range: AddressRange): AddressPool[] {
  return pools.filter((pool) => rangesOf(pool).some((each) => overlap(each, range)));
}
