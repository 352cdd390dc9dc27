import { nonce } from '../../../harness/engine/stable-key.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { check } from '../../fixtures/check.ts';
import { addressesOf } from '../../../guide/address.ts';
import {
  type AddressPool,
  addressPool,
  addressPools,
  advertisementText,
  advertisements,
  metallbNamespace,
  poolText,
  rangeText,
  rangesOf,
} from '../../../harness/platform/metallb/address-pools.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import {
  type LoadBalancerRequest,
  addressesGiven,
  announcingNodes,
  asked,
  isScratch,
  lastFreeAddresses,
  listedServices,
  loadBalancerService,
  loadBalancers,
  metallbAnnotations,
  placeName,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { fullTenantPool } from '../../fixtures/full-tenant-pool.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { overlaps } from '../../../guide/overlaps.ts';
import { assignedWithinMs, unaskedService } from '../../fixtures/unasked-service.ts';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { type ArpOwners, arpSweep, ownersText } from '../../../harness/probe/arp.ts';
import { anAddress, answeredBy, automaticChoice, fromPool, givenWhenFreed, noAddress } from '../../fixtures/allocation.ts';
import { requirements } from '../requirements.ts';

const lan = { host: 'lan' };
const workstation = { host: 'admin' };
/** The first address after the guide's pools (Service Ranges). */
const outsidePools = '192.168.29.200';
/** Register: time for a new address to answer. */
const announcedWithinMs = 10_000;
const hint = async (): Promise<string> =>
  'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: is default-pool still there?';

/** Whether ARP answers as often as it must: once for an address that somebody has, else not at all. */
function arp(owners: ArpOwners, { address, whose, answers }: { address: string; whose: string; answers: 0 | 1 }): Measured {
  return {
    subject: `ARP for ${address} ${whose}`,
    vantage: lan.host,
    expected: answers === 1 ? 'one answer' : 'no answer',
    saw: ownersText(owners.get(address)),
    held: owners.get(address)?.length === answers,
  };
}

/** The pool of that name in words; a pool that is not there is what was seen. */
function named(pools: readonly AddressPool[], name: string): string {
  const pool = pools.find((each) => each.name === name);
  return pool === undefined ? `no such pool; there are ${pools.map(poolText).join('; ') || 'none'}` : poolText(pool);
}

check(
  requirements['ADM-POOL-ADMIN'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const {
      kubernetes,
      documented: { pools, services },
    } = cluster;
    context.hint(hint);
    const [seen, balancers, scratch] = await Promise.all([
      addressPools(kubernetes),
      loadBalancers(kubernetes),
      dryRunPool(kubernetes, signal),
    ]);
    observe(
      equal('pool of the administrators', {
        expected: poolText({ name: 'admin-pool', addresses: [rangeText(pools.admin)], autoAssign: false }),
        saw: named(seen, 'admin-pool'),
      }),
    );
    const products = [
      { product: 'Longhorn', address: services.longhorn.address, namespace: 'longhorn-system' },
      { product: 'Canine', address: services.canine.address, namespace: 'canine' },
      { product: 'OpenCost', address: services.opencost.address, namespace: 'opencost' },
    ];
    for (const { address, namespace } of products) {
      const holders = balancers
        .filter((service) => addressesGiven(service).includes(address))
        .map(({ metadata }) => `${metadata?.namespace} from ${metadata?.annotations?.[metallbAnnotations.allocatedFrom] ?? 'no pool'}`);
      observe(equal(`namespace whose Service has ${address}, and its pool`, { expected: [`${namespace} from admin-pool`], saw: holders }));
    }
    const pages = await cluster.probe(
      workstation,
      products.map(({ address }) => ({ kind: 'http' as const, url: `http://${address}/` })),
      signal,
    );
    for (const [index, { product, address }] of products.entries()) {
      const page = pages[index];
      const names =
        page?.kind === 'answered'
          ? products.filter((each) => page.body.includes(each.product)).map((each) => each.product)
          : [page?.kind ?? 'not tried'];
      observe({
        ...equal(`product that names itself at http://${address}/`, {
          expected: [product],
          saw: names,
          vantage: cluster.placeText(workstation),
        }),
        ...lateIf(page?.kind === 'timeout'),
      });
    }
    control(
      equal('a scratch pool (dry run), read alike', {
        expected: 'conform-scratch 198.51.100.0-198.51.100.9, only on request',
        saw: scratch,
      }),
    );
  },
  { uses: ['address-pools'] },
);

/** A pool as the API would keep it, without keeping it. */
async function dryRunPool(kubernetes: Kubernetes, signal: AbortSignal): Promise<string> {
  const [body] = await readManifest(`${import.meta.dirname}/scratch-pool.yaml`, { NAMESPACE: metallbNamespace });
  const answer = await kubernetes.request(
    {
      method: 'POST',
      path: `/apis/metallb.io/v1beta1/namespaces/${metallbNamespace}/ipaddresspools?dryRun=All`,
      ...(body === undefined ? {} : { body }),
    },
    signal,
  );
  return answer.status === 201 ? poolText(addressPool(answer.body as object)) : `${answer.status} ${answer.message}`;
}

check(
  requirements['ADM-POOL-TENANT'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const { kubernetes, documented } = cluster;
    const { tenant } = documented.pools;
    context.hint(hint);
    const [seen, { got, place, pods }] = await Promise.all([addressPools(kubernetes), unaskedService()]);
    observe(
      equal('pool of the tenants', {
        expected: poolText({ name: 'tenant-pool', addresses: [rangeText(tenant)], autoAssign: true }),
        saw: named(seen, 'tenant-pool'),
      }),
    );
    // Guide, Network Reference: .110 to .199.
    observe(
      equal('addresses that it has', {
        expected: '90',
        saw: String(
          seen
            .filter(({ name }) => name === 'tenant-pool')
            .flatMap(rangesOf)
            .flatMap(addressesOf).length,
        ),
      }),
    );
    observe(fromPool(`address of ${placeName(place)}, which asks for none`, got, { pool: 'tenant-pool', range: tenant }));
    for (const measured of await answeredBy(context, { from: lan, came: got, names: pods.map(({ pod }) => pod) })) observe(measured);
    const owners = await arpSweep(cluster, [outsidePools, documented.vip.address], signal);
    control(arp(owners, { address: outsidePools, whose: 'in no pool', answers: 0 }));
    control(arp(owners, { address: documented.vip.address, whose: 'of the control planes', answers: 1 }));
  },
  { uses: ['address-pools'] },
);

check(
  requirements['ADM-POOL-NEVER-AUTO'],
  async (context) => {
    const { pools } = context.cluster.documented;
    context.hint(async () => 'kubectl get ipaddresspools -n metallb-system -o yaml: autoAssign of the pool that has .100-.109');
    const full = await fullTenantPool();
    for (const measured of automaticChoice(full, { admin: pools.admin, tenantAddresses: addressesOf(pools.tenant).length }))
      context.observe(measured);
    context.control(
      anAddress(`address of a platform's Service that asks for ${full.platform.address}`, full.platform.got, full.platform.address),
    );
    context.control(givenWhenFreed(full));
  },
  { changes: ['address-pools'], deadlineMs: 240_000 },
);

/** Register: a tenant's Service has no address after 30 s. */
const refusedForMs = 30_000;

check(
  requirements['ADM-POOL-LOCKED'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    const { kubernetes, documented } = cluster;
    context.hint(
      async () =>
        'kubectl get ipaddresspool admin-pool -n metallb-system -o yaml: does serviceAllocation name the namespaces that may ask?',
    );
    const tenant = await scratchTenant(context);
    // Not the last two: NET-LB-ADMIN-RESERVED asks for those at the same time.
    const [free = '', second = ''] = addressesOf(documented.pools.admin).toReversed().slice(2);
    const platform = { namespace: documented.platformNamespaces[0] ?? '', name: `conform-asks-${nonce()}` };
    // First, and given back: where the pool is not locked, a tenant's Service would have the address.
    control(
      anAddress(
        `address of a Service in ${platform.namespace} that asks for ${free}`,
        await asked(kubernetes, () => changes.create(loadBalancerService({ ...platform, address: free })), {
          timeoutMs: assignedWithinMs,
          signal,
        }),
        free,
      ),
    );
    await kubernetes.raw.delete({ apiVersion: 'v1', kind: 'Service', metadata: platform }, {}, signal);
    const canine = documented.services.canine.address;
    const requests = [
      { how: `for ${free} by loadBalancerIP`, name: 'conform-by-field', address: free },
      { how: `for ${canine}, Canine's, by loadBalancerIP`, name: 'conform-as-canine', address: canine },
      { how: `for ${second} by annotation`, name: 'conform-by-annotation', annotations: { [metallbAnnotations.address]: second } },
      { how: 'for admin-pool by annotation', name: 'conform-by-pool', annotations: { [metallbAnnotations.pool]: 'admin-pool' } },
    ];
    await Promise.all(
      requests.map(({ name }) => changes.createFrom(`${import.meta.dirname}/served.yaml`, { NAMESPACE: tenant.namespace, SERVICE: name })),
    );
    const ask = (request: Omit<LoadBalancerRequest, 'namespace'>, timeoutMs: number) =>
      asked(kubernetes, () => tenant.asTenant.raw.create(loadBalancerService({ ...request, namespace: tenant.namespace }), signal), {
        timeoutMs,
        signal,
      });
    const [unasked, ...refused] = await Promise.all([
      ask({ name: 'conform-unasked' }, assignedWithinMs),
      ...requests.map((request) => ask(request, refusedForMs)),
    ]);
    for (const [index, { how }] of requests.entries()) {
      const came = refused[index] ?? { kind: 'none', reason: 'not asked' };
      // Nobody has asked the pool then.
      if (came.kind === 'none' && came.reason.includes('exceeded quota'))
        throw new Error(`a Service that asks ${how} was not made: ${came.reason}`);
      observe(noAddress(`address of a Service of tenant-sa that asks ${how}`, came, refusedForMs));
    }
    control(anAddress('address of a Service of tenant-sa that asks for none', unasked));
    const owners = await arpSweep(cluster, [free, second, documented.vip.address], signal);
    control(arp(owners, { address: documented.vip.address, whose: 'of the control planes', answers: 1 }));
    for (const address of [free, second]) observe(arp(owners, { address, whose: 'that nobody may have', answers: 0 }));
  },
  { changes: ['address-pools'] },
);

check(
  requirements['ADM-POOL-ONLY-TWO'],
  async ({ cluster, observe, control, hint: tell, signal }) => {
    const { kubernetes, documented } = cluster;
    tell(hint);
    const own = (await unaskedService()).place;
    const [pools, advertised, services] = await Promise.all([
      addressPools(kubernetes),
      advertisements(kubernetes),
      loadBalancers(kubernetes),
    ]);
    observe(equal('address pools', { expected: ['admin-pool', 'tenant-pool'], saw: pools.map(({ name }) => name) }));
    observe(
      noneOf('pools that overlap', { saw: overlaps(pools.flatMap(({ name, addresses }) => addresses.map((range) => ({ name, range })))) }),
    );
    observe(
      equal('advertisements', {
        expected: [advertisementText({ name: 'l2-advert', pools: ['admin-pool', 'tenant-pool'] })],
        saw: advertised.map(advertisementText),
      }),
    );
    const served = (
      await listedServices(
        kubernetes,
        services.filter((service) => !isScratch(service) || service.metadata?.name === own.name),
      )
    ).filter((each) => each.served);
    const [nobodys = ''] = await lastFreeAddresses(kubernetes, documented.pools.tenant, 1);
    // It may have been made a moment ago.
    await announcingNodes(kubernetes, own, { timeoutMs: announcedWithinMs, signal });
    const owners = await arpSweep(cluster, [nobodys, documented.vip.address, ...served.flatMap(({ addresses }) => addresses)], signal);
    for (const { place, addresses } of served)
      observe(
        noneOf(`addresses of ${placeName(place)} that are not answered for once`, {
          saw: (addresses.length === 0 ? ['none to answer for'] : addresses)
            .filter((address) => owners.get(address)?.length !== 1)
            .map((address) => `${address}: ${ownersText(owners.get(address))}`),
          vantage: lan.host,
        }),
      );
    control(arp(owners, { address: nobodys, whose: 'that nobody was given', answers: 0 }));
    control(arp(owners, { address: documented.vip.address, whose: 'of the control planes', answers: 1 }));
  },
  { uses: ['address-pools'] },
);
