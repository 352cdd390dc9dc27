import { promised } from '../../../guide/limits.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { check } from '../../fixtures/check.ts';
import { lastFreeAddresses, loadBalancerService, placeName } from '../../../harness/platform/metallb/load-balancer.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { atHost, reach } from '../../../harness/probe/claims.ts';
import {
  commandTo,
  firstAnswers,
  followedAgain,
  forget,
  holdOwnAddresses,
  nobodyLosesAnAddress,
  onLan,
  reachedOfOthers,
  servedNow,
} from './pool-cutover.ts';
import { buildingRecord } from '../step-readiness.ts';
import { documentedBefore, poolStep, stateNow } from './pool-state.ts';
import { requirements } from '../requirements.ts';

/**
 * The step is followed once more on the living cluster: back to the pools of before, as the guide makes them, and forward again to those that there are now.
 */
check(
  requirements['NET-LB-POOL-CUTOVER'],
  async (context, { neutral: { namespace, service } }) => {
    const { cluster, changes, connect, observe, control, hint, signal } = context;
    const { kubernetes, documented } = cluster;
    hint(
      async () =>
        'kubectl get ipaddresspools,l2advertisements,servicel2statuses -n metallb-system -o yaml: does l2-advert name pools that exist?',
    );
    const step = poolStep(cluster);
    if (step !== undefined)
      observe(
        equal('outcome of the step when the cluster was built', {
          expected: 'done',
          saw: step.outcome === 'done' ? 'done' : `${step.outcome}: ${step.detail}`,
          vantage: buildingRecord,
        }),
      );
    const [before, after] = [documentedBefore(documented), await stateNow(kubernetes)];
    await nobodyLosesAnAddress(cluster);
    await holdOwnAddresses(context);
    const [nobodys = '', address = ''] = await lastFreeAddresses(kubernetes, documented.pools.tenant, 2);
    const [back, forward] = await Promise.all([commandTo(before, after), commandTo(after, before)]);
    const asReader = (command: readonly string[]): string[] => [...(cluster.descriptor.guideReader ?? []), ...command];
    await changes.command(
      { what: "put MetalLB's address pools back to what they were", run: asReader(back), undo: asReader(forward) },
      signal,
    );
    const own = { namespace, name: `conform-cutover-${nonce()}` };
    await changes.create(loadBalancerService({ ...own, address, selector: { 'conform-echo': service.name } }));

    for (const measured of await firstAnswers(
      cluster,
      { address, when: 'before the step', withinMs: promised.network.addressAnswersMs },
      signal,
    ))
      control(measured);
    const published = await reachedOfOthers(context);
    const assigned = await servedNow(kubernetes);
    const earlier = await onLan(cluster, { assigned, nobodys, when: 'before the step' }, signal);
    for (const measured of [...earlier.answers, earlier.silence]) control(measured);
    observe(await followedAgain(context, { forward, address }));
    for (const measured of await firstAnswers(cluster, { address, when: '30 s after the step', withinMs: patience('answer') }, signal))
      observe(measured);
    await forget(context, published);
    // Where policies keep all of them closed there is nothing to compare.
    if (published.length > 0)
      await connect([
        reach({
          from: atHost('admin'),
          to: published,
          unlike: { name: 'an address that nobody was given', target: { kind: 'tcp', host: nobodys, port: 80 } },
        }),
      ]);
    const later = await onLan(cluster, { assigned, nobodys, when: '30 s after the step' }, signal);
    for (const measured of later.answers) observe(measured);
    control(later.silence);
    const still = new Map((await servedNow(kubernetes)).map(({ place, addresses }) => [placeName(place), addresses]));
    for (const { place, addresses } of assigned)
      observe(equal(`address of ${placeName(place)} 30 s after the step`, { expected: addresses, saw: still.get(placeName(place)) ?? [] }));
  },
  { changes: ['address-pools'] },
);
