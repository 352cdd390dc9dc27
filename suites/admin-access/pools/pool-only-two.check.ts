import { overlaps } from '../../../guide/overlaps.ts';
import { promised } from '../../../guide/limits.ts';
import { equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { addressPools, advertisementText, advertisements } from '../../../harness/platform/metallb/address-pools.ts';
import {
  announcingNodes,
  isScratch,
  lastFreeAddresses,
  listedServices,
  loadBalancers,
  placeName,
} from '../../../harness/platform/metallb/load-balancer.ts';
import { arpSweep, ownersText } from '../../../harness/probe/arp.ts';
import { check } from '../check.ts';
import { requirements } from '../requirements.ts';
import { arp, lan, whichPools } from './pool-texts.ts';

check(
  requirements['ADM-POOL-ONLY-TWO'],
  async ({ cluster, observe, control, hint, signal }, { unaskedService: { place: own } }) => {
    const { kubernetes, documented } = cluster;
    hint(whichPools);
    const [pools, advertised, services] = await Promise.all([
      addressPools(kubernetes),
      advertisements(kubernetes),
      loadBalancers(kubernetes),
    ]);
    observe(equal('address pools', { expected: ['admin-pool', 'tenant-pool'], saw: pools.map(({ name }) => name) }));
    const ranges = pools.flatMap(({ name, addresses }) => addresses.map((range) => ({ name, range })));
    observe(noneOf('pools that overlap', { saw: overlaps(ranges) }));
    observe(
      equal('advertisements', {
        expected: [advertisementText({ name: 'l2-advert', pools: ['admin-pool', 'tenant-pool'] })],
        saw: advertised.map(advertisementText),
      }),
    );
    const living = services.filter((service) => !isScratch(service) || service.metadata?.name === own.name);
    const served = (await listedServices(kubernetes, living)).filter((each) => each.served);
    const [nobodys = ''] = await lastFreeAddresses(kubernetes, documented.pools.tenant, 1);
    // It may have been made a moment ago.
    await announcingNodes(kubernetes, own, { timeoutMs: promised.adminAccess.announcerAgreedMs, signal });
    const asked = [nobodys, documented.vip.address, ...served.flatMap(({ addresses }) => addresses)];
    const owners = await arpSweep(cluster, asked, signal);
    for (const { place, addresses } of served) {
      const wrong = (addresses.length === 0 ? ['none to answer for'] : addresses).filter((address) => owners.get(address)?.length !== 1);
      observe({
        ...noneOf(`addresses of ${placeName(place)} that are not answered for once`, {
          saw: wrong.map((address) => `${address}: ${ownersText(owners.get(address))}`),
          vantage: lan.host,
        }),
        ...lateIf(wrong.length > 0 && wrong.every((address) => owners.get(address)?.length === 0)),
      });
    }
    control(arp(owners, { address: nobodys, whose: 'that nobody was given', answers: 0 }));
    control(arp(owners, { address: documented.vip.address, whose: 'of the control planes', answers: 1 }));
  },
  { uses: ['address-pools'] },
);
