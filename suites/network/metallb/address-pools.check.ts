import type { Measured } from '../../../harness/engine/evidence.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { type AddressPool, addressPool, advertisementText, poolText, rangeText } from '../../../harness/platform/metallb/address-pools.ts';
import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';
import { answerText, dryRunPool } from './dry-run-pools.ts';
import { stateNow } from './pool-state.ts';

check(
  requirements['NET-LB-POOLS'],
  async (context) => {
    const { cluster, observe, control, hint } = context;
    const { pools } = cluster.documented;
    hint(
      async () =>
        'kubectl get ipaddresspools,l2advertisements -n metallb-system -o yaml: is default-pool still there, and does l2-advert name a pool that does not exist?',
    );
    const [now, another] = await Promise.all([stateNow(cluster.kubernetes), dryRunPool(context, 'valid')]);
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
    const isTaken = another.status === 201;
    const withAnother = isTaken ? judged([...now.pools, addressPool(another.body as Parameters<typeof addressPool>[0])]) : undefined;
    control({
      subject: 'the same pools and a third one that MetalLB would take (dry run)',
      vantage: atApi,
      expected: 'reported',
      saw: withAnother === undefined ? answerText(another) : withAnother.held ? 'not reported' : `reported: ${withAnother.saw}`,
      held: withAnother?.held === false,
    });
  },
  { uses: ['address-pools'] },
);
