import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../../fixtures/check.ts';
import { addressesOf } from '../../../guide/address.ts';
import {
  type LoadBalancerRequest,
  allocation,
  asked,
  lastFreeAddresses,
  loadBalancerService,
  metallbAnnotations,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { fullTenantPool } from '../../fixtures/full-tenant-pool.ts';
import { neutral } from '../../fixtures/groups.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { assignedWithinMs } from '../../fixtures/unasked-service.ts';
import { connections } from '../../../harness/probe/connections.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import type { HttpTarget } from '../../../harness/probe/probe.ts';
import { anAddress, automaticChoice, givenWhenFreed, noAddress } from '../../fixtures/allocation.ts';
import { requirements } from '../requirements.ts';

/** Register: a Service that is refused an address has none after 15 s. */
const refusedForMs = 15_000;
/** Register: time for a new address to answer. */
const answersWithinMs = 10_000;
/** The first address after the guide's pools (Service Ranges). */
const outsideAllPools = '192.168.29.200';
const outsider = { host: 'outsider' };

check(
  requirements['NET-LB-AUTO-NEVER-ADMIN'],
  async ({
    cluster: {
      documented: { pools },
    },
    observe,
    control,
    hint,
  }) => {
    hint(async () => 'kubectl get ipaddresspools -n metallb-system -o yaml: autoAssign of the pool that has .100-.109');
    const full = await fullTenantPool();
    for (const measured of automaticChoice(full, { admin: pools.admin, tenantAddresses: addressesOf(pools.tenant).length }))
      observe(measured);
    control(givenWhenFreed(full));
  },
  { changes: ['address-pools'], deadlineMs: 240_000 },
);

check(
  requirements['NET-LB-ADMIN-RESERVED'],
  async (context) => {
    const {
      cluster: { kubernetes, documented },
      changes,
      observe,
      control,
      hint,
      signal,
    } = context;
    hint(
      async () =>
        'kubectl get ipaddresspool admin-pool -n metallb-system -o yaml: does serviceAllocation name the namespaces that may ask?',
    );
    const [first = '', second = ''] = addressesOf(documented.pools.admin).toReversed();
    const [[, , , free = ''], { namespace }] = await Promise.all([
      lastFreeAddresses(kubernetes, documented.pools.tenant, 4),
      scratchTenant(context, { hardened: false }),
    ]);
    const ask = (request: LoadBalancerRequest, timeoutMs: number) =>
      asked(kubernetes, () => changes.create(loadBalancerService(request)), { timeoutMs, signal });
    const platform = { namespace: documented.platformNamespaces[0] ?? '', name: `conform-asks-${nonce()}` };
    // First, and given back: where the pool is not reserved, a tenant's Service would have the address.
    control(
      anAddress(
        `address of a Service in ${platform.namespace} that asks for ${first}`,
        await ask({ ...platform, address: first }, assignedWithinMs),
        first,
      ),
    );
    await kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: platform }, {}, signal);
    const requests = [
      { how: `for ${first} by loadBalancerIP`, name: 'conform-by-field', address: first },
      { how: `for ${second} by annotation`, name: 'conform-by-annotation', annotations: { [metallbAnnotations.address]: second } },
      { how: 'for admin-pool by annotation', name: 'conform-by-pool', annotations: { [metallbAnnotations.pool]: 'admin-pool' } },
    ];
    const [allowed, ...refused] = await Promise.all([
      ask({ namespace, name: 'conform-allowed', address: free }, assignedWithinMs),
      ...requests.map((request) => ask({ namespace, ...request }, refusedForMs)),
    ]);
    for (const [index, { how }] of requests.entries())
      observe(
        noAddress(`address of a tenant's Service that asks ${how}`, refused[index] ?? { kind: 'none', reason: 'not asked' }, refusedForMs),
      );
    control(anAddress(`address of the same tenant's Service that asks for ${free} of the tenants' pool`, allowed, free));
  },
  { changes: ['address-pools'] },
);

check(
  requirements['NET-LB-REQUESTED'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    const { kubernetes, documented } = cluster;
    hint(
      async () =>
        'kubectl get events -A --field-selector reason=AllocationFailed; kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml',
    );
    const { namespace, service } = await neutral();
    const suffix = nonce();
    const ask = (name: string, address: string, timeoutMs: number) =>
      asked(
        kubernetes,
        () =>
          changes.create(
            loadBalancerService({ namespace, name: `conform-${name}-${suffix}`, address, selector: { 'conform-echo': service.name } }),
          ),
        { timeoutMs, signal },
      );
    // The last one is left to those who need an address that nobody was given.
    const [, wanted = '', contested = ''] = await lastFreeAddresses(kubernetes, documented.pools.tenant, 3);
    const [exactly, holder] = await Promise.all([ask('exactly', wanted, assignedWithinMs), ask('holder', contested, assignedWithinMs)]);
    observe(anAddress(`address of a Service that asks for ${wanted}`, exactly, wanted));
    control(anAddress(`address of a Service that asks for ${contested}`, holder, contested));
    const to: HttpTarget = { kind: 'http', url: `http://${wanted}/hostname` };
    const [outside, taken, answer] = await Promise.all([
      ask('outside', outsideAllPools, refusedForMs),
      ask('contested', contested, refusedForMs),
      answerInTime(cluster, { subject: `first answer of ${to.url}`, from: outsider, to }, { timeoutMs: answersWithinMs, signal }),
    ]);
    observe(answer);
    observe(noAddress(`address of a Service that asks for ${outsideAllPools}, which is in no pool`, outside, refusedForMs));
    observe(noAddress(`address of a Service that asks for ${contested}, which another has`, taken, refusedForMs));
    await kubernetes.raw.delete(
      { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name: `conform-holder-${suffix}` } },
      {},
      signal,
    );
    control(
      anAddress(
        `address of that Service after the other was deleted`,
        await allocation(kubernetes, { namespace, name: `conform-contested-${suffix}` }, { timeoutMs: assignedWithinMs, signal }),
        contested,
      ),
    );
    await connections(context, [
      {
        role: 'control',
        from: outsider,
        to: { kind: 'tcp', host: outsideAllPools, port: 80 },
        name: 'the address in no pool',
        expect: 'not-reached',
      },
    ]);
  },
  { uses: ['address-pools'] },
);
