import { addressesOf } from '../../../guide/address.ts';
import { promised } from '../../../guide/limits.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import {
  type Allocation,
  type LoadBalancerRequest,
  asked,
  loadBalancerService,
  metallbAnnotations,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { arpSweep } from '../../../harness/probe/arp.ts';
import { anAddress, noAddress } from '../../fixtures/allocation.ts';
import { type ScratchTenant, scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { assignedWithinMs } from '../../fixtures/unasked-service.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { holderText, holdersOf } from './pool-holders.ts';
import { arp } from './pool-texts.ts';

const { addressWithheldMs } = promised.adminAccess;

/** A tenant's wish for an address of the administrators, in words and as a Service. */
interface Wish extends Omit<LoadBalancerRequest, 'namespace'> {
  readonly how: string;
}

check(
  requirements['ADM-POOL-LOCKED'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    const { documented } = cluster;
    hint(
      async () =>
        'kubectl get ipaddresspool admin-pool -n metallb-system -o yaml: does serviceAllocation name the namespaces that may ask?',
    );
    await livingServices(context);
    const tenant = await scratchTenant(context);
    // Not the last two: NET-LB-ADMIN-RESERVED asks for those at the same time.
    const [free = '', second = ''] = addressesOf(documented.pools.admin).toReversed().slice(2);
    control(anAddress(`address of a platform's Service that asks for ${free}`, await askedByPlatform(context, free), free));
    const canine = documented.services.canine.address;
    const wishes: readonly Wish[] = [
      { how: `for ${free} by loadBalancerIP`, name: 'conform-by-field', address: free },
      { how: `for ${canine}, Canine's, by loadBalancerIP`, name: 'conform-as-canine', address: canine },
      { how: `for ${second} by annotation`, name: 'conform-by-annotation', annotations: { [metallbAnnotations.address]: second } },
      { how: 'for admin-pool by annotation', name: 'conform-by-pool', annotations: { [metallbAnnotations.pool]: 'admin-pool' } },
    ];
    const [unasked, ...refused] = await askedByTenant(context, tenant, wishes);
    for (const { how, came } of refused) observe(noAddress(`address of a Service of tenant-sa that asks ${how}`, came, addressWithheldMs));
    control(anAddress('address of a Service of tenant-sa that asks for none', unasked.came));
    const owners = await arpSweep(cluster, [free, second, documented.vip.address], signal);
    control(arp(owners, { address: documented.vip.address, whose: 'of the control planes', answers: 1 }));
    for (const address of [free, second])
      observe({ ...arp(owners, { address, whose: 'that nobody may have', answers: 0 }), key: `ARP for ${address}` });
  },
  { changes: ['address-pools'] },
);

/** A Service that had its address before the pool was locked keeps it: each that there is must be the platform's. */
async function livingServices({ cluster: { kubernetes, documented }, observe }: CheckContext): Promise<void> {
  const { items } = await kubernetes.core.listServiceForAllNamespaces();
  observe(
    noneOf('Services outside of the platform that have an address of the administrators', {
      saw: holdersOf(items, documented.pools.admin)
        .filter(({ namespace }) => !documented.platformNamespaces.includes(namespace))
        .map(holderText),
    }),
  );
}

/** First, and given back: where the pool is not locked, a tenant's Service would have the address. */
async function askedByPlatform(
  { cluster: { kubernetes, documented }, changes, signal }: CheckContext,
  address: string,
): Promise<Allocation> {
  const place = { namespace: documented.platformNamespaces[0] ?? '', name: `conform-asks-${nonce()}` };
  const make = async () => changes.create(loadBalancerService({ ...place, address }));
  const came = await asked(kubernetes, make, { timeoutMs: assignedWithinMs, signal });
  await kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: place }, {}, signal);
  return came;
}

interface Answered {
  readonly how: string;
  readonly came: Allocation;
}

/** All wishes at the same time, and one of a Service that asks for nothing, which is the first. Throws where a quota kept one from the pool. */
async function askedByTenant(
  { cluster: { kubernetes }, changes, signal }: CheckContext,
  { namespace, asTenant }: ScratchTenant,
  wishes: readonly Wish[],
): Promise<[Answered, ...Answered[]]> {
  await Promise.all(
    wishes.map(({ name }) => changes.createFrom(`${import.meta.dirname}/served.yaml`, { NAMESPACE: namespace, SERVICE: name })),
  );
  const ask = async ({ how, ...request }: Wish, timeoutMs: number): Promise<Answered> => {
    const make = async () => asTenant.raw.create(loadBalancerService({ ...request, namespace }), signal);
    const came = await asked(kubernetes, make, { timeoutMs, signal });
    if (came.kind === 'none' && came.reason.includes('exceeded quota'))
      throw new Error(`a Service that asks ${how} was not made: ${came.reason}`);
    return { how, came };
  };
  return Promise.all([
    ask({ how: 'for none', name: 'conform-unasked' }, assignedWithinMs),
    ...wishes.map(async (wish) => ask(wish, addressWithheldMs)),
  ]);
}
