import { type AddressRange, addressesOf, isWithin, nextAddress } from '../../../guide/address.ts';
import { promised } from '../../../guide/limits.ts';
import { equal } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Kubernetes } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { addressesGiven, asked, loadBalancerService, loadBalancers } from '../../../harness/platform/metallb/load-balancer.ts';
import { anAddress, answeredBy, fromPool, noAddress } from '../../fixtures/allocation.ts';
import { check } from '../../fixtures/check.ts';
import { requirements } from '../requirements.ts';
import { buildingRecord } from '../step-readiness.ts';
import { commandTo, holdOwnAddresses, nobodyLosesAnAddress } from './pool-cutover.ts';
import { type PoolState, defaultPool, documentedBefore, poolStep, recordedBefore, stateNow, stateText, wholeRange } from './pool-state.ts';

const { addressAssignedMs, addressRefusedMs } = promised.network;

/**
 * The state before the step is gone where the step was followed, so it is made once more as the guide makes it, and measured:
 * MetalLB gives out its addresses, all of them and no other.
 */
check(
  requirements['NET-LB-POOL-DEFAULT'],
  async (context, { neutral }) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    const { kubernetes, documented } = cluster;
    hint(async () => 'kubectl get ipaddresspools,l2advertisements,servicel2statuses -n metallb-system -o yaml');
    const whole = wholeRange(documented);
    const before = documentedBefore(documented);
    const recorded = recordedBefore(poolStep(cluster));
    if (recorded !== undefined)
      observe(
        equal('pools and advertisements before the step', {
          expected: stateText(before),
          saw: stateText(recorded),
          vantage: buildingRecord,
        }),
      );
    await backTo(context, before);
    observe(equal('pools and advertisements', { expected: stateText(before), saw: stateText(await stateNow(kubernetes)) }));

    const suffix = nonce();
    const selector = { 'conform-echo': neutral.service.name };
    const ask = (name: string, address?: string) =>
      asked(
        kubernetes,
        () =>
          changes.create(
            loadBalancerService({
              namespace: neutral.namespace,
              name: `conform-${name}-${suffix}`,
              selector,
              ...(address === undefined ? {} : { address }),
            }),
          ),
        { timeoutMs: address !== undefined && !isWithin(address, whole) ? addressRefusedMs : addressAssignedMs, signal },
      );
    const [first, last] = await freeEnds(kubernetes, whole);
    const outside = nextAddress(whole.last);
    const [lowest, highest, unasked, beyond] = [
      await ask('lowest', first),
      await ask('highest', last),
      await ask('unasked'),
      await ask('beyond', outside),
    ];
    observe({ ...anAddress(`address of a Service that asks for ${first}`, lowest, first), key: 'the first free address, asked for' });
    observe({ ...anAddress(`address of a Service that asks for ${last}`, highest, last), key: 'the last free address, asked for' });
    observe(fromPool('address of a Service that asks for none', unasked, { pool: defaultPool, range: whole }));
    const names = neutral.pods.map(({ pod }) => pod);
    for (const measured of await answeredBy(context, { from: { host: 'outsider' }, came: unasked, names })) observe(measured);
    // Gone before the pools change once more: what a platform's Service asks for must be free.
    await Promise.all(
      ['lowest', 'highest', 'unasked', 'beyond'].map((name) =>
        kubernetes.raw.delete(
          { apiVersion: 'v1', kind: 'Service', metadata: { namespace: neutral.namespace, name: `conform-${name}-${suffix}` } },
          {},
          signal,
        ),
      ),
    );
    control(noAddress(`address of a Service that asks for ${outside}, which is in no pool`, beyond, addressRefusedMs));
  },
  { changes: ['address-pools'], deadlineMs: 240_000 },
);

/** Brings the pools back, as the guide's reader would; what there is now comes back when the check is over. */
async function backTo(context: CheckContext, before: PoolState): Promise<void> {
  const { cluster, changes, observe, signal } = context;
  // Throws where there is no reader, before anything is noted that a reader has to take back.
  await cluster.runAsReader(['true'], signal);
  const after = await stateNow(cluster.kubernetes);
  await nobodyLosesAnAddress(cluster);
  await holdOwnAddresses(context);
  const [back, forward] = await Promise.all([commandTo(before, after), commandTo(after, before)]);
  // Noted before it is done; the command itself is the reader's, and its refusal is an answer.
  await changes.command(
    { what: "put MetalLB's address pools back", run: ['true'], undo: [...(cluster.descriptor.guideReader ?? []), ...forward] },
    signal,
  );
  const answer = await cluster.runAsReader(back, signal);
  observe({
    subject: "the guide's pool and advertisement, applied",
    vantage: cluster.placeText({ host: 'admin' }),
    expected: 'accepted as a whole',
    saw: answer.code === 0 ? 'accepted as a whole' : answer.stderr.trim(),
    held: answer.code === 0,
  });
}

/** The first and the last address of a range that no Service has. Throws when fewer than two are free. */
async function freeEnds(kubernetes: Kubernetes, range: AddressRange): Promise<[string, string]> {
  const taken = new Set(
    (await loadBalancers(kubernetes)).flatMap((service) => [...addressesGiven(service), service.spec?.loadBalancerIP ?? '']),
  );
  const free = addressesOf(range).filter((address) => !taken.has(address));
  const [first, last] = [free.at(0), free.at(-1)];
  if (first === undefined || last === undefined || first === last) throw new Error('fewer than two addresses of the pool are free');
  return [first, last];
}
