import type { Measured } from '../../../harness/engine/evidence.ts';
import { check } from '../../fixtures/check.ts';
import { isWithin } from '../../../guide/address.ts';
import { type AddressPool, advertisementText, poolText, rangeText } from '../../../harness/platform/metallb/address-pools.ts';
import { addressesGiven, loadBalancers } from '../../../harness/platform/metallb/load-balancer.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { poolStep, stateBefore, stateNow } from './pool-state.ts';
import { requirements } from '../requirements.ts';

const record = 'record of the building';

check(
  requirements['NET-LB-POOL-DEFAULT'],
  async ({ cluster, observe, control }) => {
    const { admin, tenant } = cluster.documented.pools;
    // Guide, Service Ranges: MetalLB Pool, what becomes two pools afterwards.
    const whole = { first: admin.first, last: tenant.last };
    const step = poolStep(cluster);
    const [before, now, services] = [stateBefore(step), await stateNow(cluster.kubernetes), await loadBalancers(cluster.kubernetes)];
    observe(
      equal('pools before the step', {
        expected: [poolText({ name: 'default-pool', addresses: [rangeText(whole)], autoAssign: true })],
        saw: before.pools.map(poolText),
        vantage: record,
      }),
    );
    observe(
      equal('advertisements before the step', {
        expected: [advertisementText({ name: 'l2-advert', pools: ['default-pool'] })],
        saw: before.advertised.map(advertisementText),
        vantage: record,
      }),
    );
    const older = services.filter(({ metadata }) => (metadata?.creationTimestamp?.getTime() ?? Number.NaN) < Date.parse(step.startedAt));
    const addresses = older.map((service) => ({
      name: `${service.metadata?.namespace}/${service.metadata?.name}`,
      given: addressesGiven(service),
    }));
    observe({
      subject: 'Services that were there before the step',
      vantage: atApi,
      expected: `some, with addresses of ${rangeText(whole)}`,
      saw: addresses.map(({ name, given }) => `${name} ${given.join(', ') || 'without'}`).join('; ') || 'none',
      held: addresses.length > 0 && addresses.every(({ given }) => given.length > 0 && given.every((each) => isWithin(each, whole))),
    });
    const texts = (state: typeof now): string =>
      [...state.pools.map(poolText), ...state.advertised.map(advertisementText)].toSorted().join('; ');
    control({
      subject: 'the same reading of what is there now',
      vantage: atApi,
      expected: 'something else than before the step',
      saw: texts(now),
      held: texts(now) !== texts(before),
    });
  },
  { uses: ['address-pools'] },
);

check(
  requirements['NET-LB-POOLS'],
  async ({
    cluster: {
      kubernetes,
      documented: { pools },
    },
    observe,
    control,
    hint,
  }) => {
    hint(
      async () =>
        'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: is default-pool still there, and does l2-advert name a pool that does not exist?',
    );
    const now = await stateNow(kubernetes);
    // Guide, Step 4 and Network Reference.
    const documented = [
      { name: 'admin-pool', addresses: [rangeText(pools.admin)], autoAssign: false },
      { name: 'tenant-pool', addresses: [rangeText(pools.tenant)], autoAssign: true },
    ];
    const judged = (seen: readonly AddressPool[]): Measured =>
      equal('address pools', { expected: documented.map(poolText), saw: seen.map(poolText) });
    observe(judged(now.pools));
    observe(
      equal('advertisements', {
        expected: [advertisementText({ name: 'l2-advert', pools: documented.map(({ name }) => name) })],
        saw: now.advertised.map(advertisementText),
      }),
    );
    observe(
      noneOf('advertised pools that do not exist', {
        saw: now.advertised.flatMap((each) => each.pools).filter((name) => now.pools.every((pool) => pool.name !== name)),
      }),
    );
    const leftOver = judged([
      ...documented,
      { name: 'default-pool', addresses: [rangeText({ first: pools.admin.first, last: pools.tenant.last })], autoAssign: true },
    ]);
    control({
      subject: 'the documented pools with default-pool left over, by the same comparison',
      vantage: 'this check',
      expected: 'reported',
      saw: leftOver.held ? 'not reported' : `reported: ${leftOver.saw}`,
      held: !leftOver.held,
    });
    control({
      subject: 'the documented pools alone, by the same comparison',
      vantage: 'this check',
      expected: 'not reported',
      saw: judged(documented).held ? 'not reported' : 'reported',
      held: judged(documented).held,
    });
  },
  { uses: ['address-pools'] },
);
