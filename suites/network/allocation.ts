import type { Measured } from '../../harness/check.ts';
import { type AddressRange, isWithin } from '../../harness/cluster/address.ts';
import { type Allocation, allocationText } from '../../harness/cluster/load-balancer.ts';
import type { FullTenantPool } from '../../harness/fixtures/full-tenant-pool.ts';
import { atApi, equal, noneOf } from '../../harness/measured.ts';

/** A Service that must get no address, and is told so: by MetalLB's event, or by the API's refusal. */
export function noAddress(subject: string, allocation: Allocation, withinMs: number): Measured {
  const told = allocation.kind === 'none' && /^AllocationFailed: |the API answered 4\d\d/.test(allocation.reason);
  return { subject, vantage: atApi, expected: `none within ${withinMs / 1000} s, with the event AllocationFailed`, saw: allocationText(allocation), held: told };
}

/** A Service that must get this address, or any one when none is named. */
export function anAddress(subject: string, allocation: Allocation, address?: string): Measured {
  return { subject, vantage: atApi, expected: address ?? 'an address', saw: allocationText(allocation), held: allocation.kind === 'given' && (address === undefined || allocation.address === address) };
}

/** What a full tenant pool shows of automatic choice: it takes what tenants may have, and then nothing. */
export function automaticChoice({ fillers, taken, last }: FullTenantPool, { admin, tenantAddresses }: { admin: AddressRange; tenantAddresses: number }): Measured[] {
  const given = [...fillers.flatMap(({ addresses }) => addresses), ...(last.kind === 'given' ? [last.address] : [])];
  return [
    noneOf(`addresses of administrators that ${fillers.length + 1} Services got which ask for nothing`, { saw: given.filter((address) => isWithin(address, admin)) }),
    equal('tenant addresses that are taken', { expected: String(tenantAddresses), saw: String(taken) }),
    noAddress('address of one Service more', last, 30_000),
  ];
}

/** The pool was full, and not broken: the one that waited has its address as soon as another is gone. Where it had one before, it keeps that. */
export function givenWhenFreed({ last, freed, lastAfterwards }: FullTenantPool): Measured {
  return anAddress(`address of that Service after ${freed} was freed`, lastAfterwards, last.kind === 'given' ? last.address : freed);
}
