import type { CheckContext, Measured } from '../../harness/check.ts';
import { type AddressRange, isWithin } from '../../harness/cluster/address.ts';
import { rangeText } from '../../harness/cluster/address-pools.ts';
import { type Allocation, allocationText } from '../../harness/cluster/load-balancer.ts';
import type { FullTenantPool } from '../../harness/fixtures/full-tenant-pool.ts';
import { assignedWithinMs } from '../../harness/fixtures/unasked-service.ts';
import { atApi, equal, noneOf } from '../../harness/measured.ts';
import { firstAnswer } from '../../harness/vantage/first-answer.ts';
import type { HttpTarget } from '../../harness/vantage/probe.ts';

/** Register: time for a new address to answer; the guide gives none. */
const answersWithinMs = 10_000;

/** A Service that must get no address, and is told so: by MetalLB's event, or by the API's refusal. */
export function noAddress(subject: string, allocation: Allocation, withinMs: number): Measured {
  const told = allocation.kind === 'none' && /^AllocationFailed: |the API answered 4\d\d/.test(allocation.reason);
  return { subject, vantage: atApi, expected: `none within ${withinMs / 1000} s, with the event AllocationFailed`, saw: allocationText(allocation), held: told };
}

/** A Service that must get this address, or any one when none is named. */
export function anAddress(subject: string, allocation: Allocation, address?: string): Measured {
  return { subject, vantage: atApi, expected: address ?? 'an address', saw: allocationText(allocation), held: allocation.kind === 'given' && (address === undefined || allocation.address === address) };
}

/** A Service that must get an address of this pool and range. */
export function fromPool(subject: string, came: Allocation, { pool, range }: { pool: string; range: AddressRange }): Measured {
  const held = came.kind === 'given' && came.pool === pool && isWithin(came.address, range);
  return { subject, vantage: atApi, expected: `of ${rangeText(range)} from ${pool}, within ${assignedWithinMs / 1000} s`, saw: allocationText(came), held };
}

/** Whether pods behind a Service's address say their names, which no other server does, to a host. */
export async function answeredBy({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>, { from, came, names }: { from: { host: string }; came: Allocation; names: readonly string[] }): Promise<Measured[]> {
  const vantage = cluster.placeText(from);
  const expected = `one of ${names.join(', ')}`;
  if (came.kind === 'none') return [{ subject: 'who answers at its address', vantage, expected, saw: 'it has no address', held: false }];
  const to: HttpTarget = { kind: 'http', url: `http://${came.address}/hostname` };
  const first = await firstAnswer(cluster, { from, to }, { timeoutMs: answersWithinMs, signal });
  const [outcome] = await cluster.probe(from, [to], signal);
  const body = outcome?.kind === 'answered' ? outcome.body : (outcome?.kind ?? 'not tried');
  return [
    { subject: `first answer of ${to.url}`, vantage, expected: `within ${answersWithinMs / 1000} s`, saw: first.text, held: first.answered },
    { subject: `who answers at ${to.url}`, vantage, expected, saw: body, held: names.includes(body) },
  ];
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
