import { addressesOf, nextAddress } from '../../../guide/address.ts';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { addressPools, poolText, rangeText, rangesOf } from '../../../harness/platform/metallb/address-pools.ts';
import { placeName } from '../../../harness/platform/metallb/load-balancer.ts';
import { arpSweep } from '../../../harness/probe/arp.ts';
import { answeredBy, fromPool } from '../../fixtures/allocation.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { holderText, holdersOf, poolsWith } from './pool-holders.ts';
import { arp, lan, named, whichPools } from './pool-texts.ts';

const poolName = 'tenant-pool';

check(
  requirements['ADM-POOL-TENANT'],
  async (context, { unaskedService: { got, place, pods } }) => {
    const { cluster, observe, control, hint, signal } = context;
    const { kubernetes, documented } = cluster;
    const { tenant } = documented.pools;
    hint(whichPools);
    const [seen, listed] = await Promise.all([addressPools(kubernetes), kubernetes.core.listServiceForAllNamespaces()]);
    const own = seen.filter(({ name }) => name === poolName);
    observe(
      equal('pool of the tenants', {
        expected: poolText({ name: poolName, addresses: [rangeText(tenant)], autoAssign: true }),
        saw: named(seen, poolName),
      }),
    );
    observe(
      equal('addresses that it has', {
        expected: String(addressesOf(tenant).length),
        saw: String(own.flatMap(rangesOf).flatMap(addressesOf).length),
      }),
    );
    observe(
      noneOf('other pools that hold its addresses and give them to all', {
        saw: poolsWith(seen, tenant)
          .filter(({ name, autoAssign }) => name !== poolName && autoAssign)
          .map(poolText),
      }),
    );
    observe(
      noneOf('Services that ask for nothing and have one of its addresses from another pool', {
        saw: holdersOf(listed.items, tenant)
          .filter(({ asked, pool }) => !asked && pool !== poolName)
          .map(holderText),
      }),
    );
    observe(fromPool(`address of ${placeName(place)}, which asks for none`, got, { pool: poolName, range: tenant }));
    const answers = await answeredBy(context, { from: lan, came: got, names: pods.map(({ pod }) => pod) });
    for (const [index, measured] of answers.entries())
      observe({ ...measured, key: `answer ${index + 1} at the address of a Service that asks for none` });
    // The first address after both pools is nobody's.
    const outside = nextAddress(tenant.last);
    const owners = await arpSweep(cluster, [outside, documented.vip.address], signal);
    control(arp(owners, { address: outside, whose: 'in no pool', answers: 0 }));
    control(arp(owners, { address: documented.vip.address, whose: 'of the control planes', answers: 1 }));
  },
  { uses: ['address-pools'] },
);
