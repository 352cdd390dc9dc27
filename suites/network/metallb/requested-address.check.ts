import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../../fixtures/check.ts';
import { addressesOf, nextAddress } from '../../../guide/address.ts';
import { promised } from '../../../guide/limits.ts';
import {
  type LoadBalancerRequest,
  allocation,
  asked,
  lastFreeAddresses,
  loadBalancerService,
  metallbAnnotations,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { atHost, claim } from '../../../harness/probe/claims.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import type { HttpTarget } from '../../../harness/probe/probe.ts';
import { anAddress, automaticChoice, givenWhenFreed, noAddress } from '../../fixtures/allocation.ts';
import { requirements } from '../requirements.ts';

const { addressAssignedMs: assignedWithinMs, addressRefusedMs: refusedForMs, addressAnswersMs: answersWithinMs } = promised.network;
const outsider = { host: 'outsider' };

check(
  requirements['NET-LB-AUTO-NEVER-ADMIN'],
  async ({ cluster, observe, control, hint }, { fullTenantPool }) => {
    const { pools } = cluster.documented;
    hint(async () => 'kubectl get ipaddresspools -n metallb-system -o yaml: autoAssign of the pool that has .100-.109');
    for (const measured of automaticChoice(fullTenantPool, { admin: pools.admin, tenantAddresses: addressesOf(pools.tenant).length }))
      observe(measured);
    control(givenWhenFreed(fullTenantPool));
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
    control({
      ...anAddress(`address of the same tenant's Service that asks for ${free} of the tenants' pool`, allowed, free),
      key: "a free address of the tenants' pool, asked for by the same tenant",
    });
  },
  { changes: ['address-pools'] },
);

check(
  requirements['NET-LB-REQUESTED'],
  async (context, { neutral: { namespace, service } }) => {
    const { cluster, changes, connect, observe, control, hint, signal } = context;
    const { kubernetes, documented } = cluster;
    hint(
      async () =>
        'kubectl get events -A --field-selector reason=AllocationFailed; kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml',
    );
    // The first address after the guide's pools (Service Ranges).
    const outsideAllPools = nextAddress(documented.pools.tenant.last);
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
    observe({ ...anAddress(`address of a Service that asks for ${wanted}`, exactly, wanted), key: 'a free address, asked for' });
    control({
      ...anAddress(`address of a Service that asks for ${contested}`, holder, contested),
      key: 'an address that another will ask for',
    });
    const to: HttpTarget = { kind: 'http', url: `http://${wanted}/hostname` };
    const [outside, taken, answer] = await Promise.all([
      ask('outside', outsideAllPools, refusedForMs),
      ask('contested', contested, refusedForMs),
      answerInTime(cluster, { subject: `first answer of ${to.url}`, from: outsider, to }, { timeoutMs: answersWithinMs, signal }),
    ]);
    observe({ ...answer, key: 'first answer at the address that was asked for' });
    observe(noAddress(`address of a Service that asks for ${outsideAllPools}, which is in no pool`, outside, refusedForMs));
    observe({
      ...noAddress(`address of a Service that asks for ${contested}, which another has`, taken, refusedForMs),
      key: 'an address that another has, asked for',
    });
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
    await connect([
      claim([
        {
          role: 'observation',
          from: atHost('outsider'),
          to: { name: 'the address that was asked for', target: to },
          expect: { status: 200 },
        },
        {
          role: 'control',
          from: atHost('outsider'),
          to: { name: 'the address in no pool', target: { kind: 'tcp', host: outsideAllPools, port: 80 } },
          expect: 'not-reached',
        },
      ]),
    ]);
  },
  { uses: ['address-pools'] },
);
