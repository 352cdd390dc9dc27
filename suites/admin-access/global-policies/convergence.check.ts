import { setTimeout as delay } from 'node:timers/promises';
import { promised } from '../../../guide/limits.ts';
import { patient } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Place } from '../../../harness/platform/cluster.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { type Target, blocked } from '../../../harness/probe/probe.ts';
import { type SampledRequest, type Sampling, startSampling } from '../../../harness/probe/sampler.ts';
import { type EchoGroup, startEchoGroup, workerNames } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { type Door, type WayIn, openDoors, toEchoPod } from '../doors.ts';
import { requirements } from '../requirements.ts';
import { inForce, inForceMeasured } from './in-force.ts';

const marks = { made: 'the policy is made', removed: 'the policy is removed' };
/** Register: every 0.5 s. */
const quietEveryMs = 500;
/** As rarely as a sampler can where so many attempts at a time would be the load that makes them fail (seen). */
const slowEveryMs = 1000;
/** A series shows what was before the change. */
const samplesBeforeMs = 1500;
/** Once every node has the policy it stays so long that each series sees several denials: an attempt fails after 0.95 s. */
const deniedForMs = 4000;
const { policyInForceMs } = promised.adminAccess;
/** Longer than the promise, so that a policy that comes too late is seen to come. */
const watchedMs = policyInForceMs + 2 * slowEveryMs;

check(requirements['ADM-GNP-NEW-CONNECTIONS'], async (context, { wayIn, neutral }) => {
  const { cluster, control, hint, observe, show, signal } = context;
  hint(async () => 'kubectl -n calico-system get pods -l k8s-app=calico-node -o wide, and the log of the one on the node that is late');
  const { group, doors } = await publishedGroup(context, wayIn);
  const sampled = requestsFor(group, doors, neutral);
  const everyMs = patient(quietEveryMs) > quietEveryMs ? slowEveryMs : quietEveryMs;
  const sampling = await startSampling(cluster, sampled, { maxMs: 90_000, everyMs, signal });
  await delay(samplesBeforeMs, undefined, { signal });
  await denyForAWhile(context, { group, sampling, ways: aWayToEachNode(context, { group, doors, neutral }) });
  await delay(samplesBeforeMs, undefined, { signal });
  const series = await sampling.stop();
  show(series);
  for (const each of series.filter(({ connection }) => connection === 'new')) {
    const { observations, controls } = inForceMeasured(each, { seen: inForce(each, marks), limitMs: policyInForceMs });
    for (const measured of observations) observe(measured);
    for (const measured of controls) control(measured);
  }
});

/** An echo pod on every node, in a namespace of its own, and a door to each of those on workers: control planes announce no address. */
async function publishedGroup(context: CheckContext, way: WayIn): Promise<{ group: EchoGroup; doors: readonly Door[] }> {
  const { changes, cluster } = context;
  const namespace = `conform-new-connections-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const group = await startEchoGroup(context, { namespace, workers: cluster.documented.nodes.map(({ name }) => name) });
  const onWorkers = group.pods.filter(({ node }) => workerNames(cluster).includes(node));
  const doors = await Promise.all(
    onWorkers.map(({ node, pod }) => openDoors(context, way, toEchoPod({ name: `pod on ${node}`, namespace, pod }))),
  );
  return { group, doors: doors.flat() };
}

function requestsFor({ pods }: EchoGroup, doors: readonly Door[], { pods: elsewhere }: EchoGroup): SampledRequest[] {
  return [
    ...['outsider', 'lan'].flatMap((host) =>
      doors.map(({ node, target }): SampledRequest => ({
        name: `pod on ${node}`,
        from: { host },
        url: `http://${target.host}:${target.port}/hostname`,
        connection: 'new',
      })),
    ),
    ...pods.map(({ node, url }): SampledRequest => ({
      name: `pod on ${node}`,
      from: elsewhere[0].place,
      url: `${url}/hostname`,
      connection: 'new',
    })),
    // What an established connection does is shown, and decides nothing: policies are asked when it begins.
    {
      name: `pod on ${pods[0].node}, established before`,
      from: elsewhere[1].place,
      url: `${pods[0].url}/hostname`,
      connection: 'kept-open',
    },
  ];
}

interface Way {
  readonly from: Place;
  readonly to: Target;
}

/** Each node by a way of its own: the policy is in force when the last one has it. */
function aWayToEachNode(
  { cluster }: CheckContext,
  { group, doors, neutral }: { group: EchoGroup; doors: readonly Door[]; neutral: EchoGroup },
): Way[] {
  const others = group.pods.filter(({ node }) => !workerNames(cluster).includes(node));
  return [
    ...doors.map(({ target: to }) => ({ from: { host: 'outsider' }, to })),
    ...others.map(({ tcp: to }) => ({ from: neutral.pods[0].place, to })),
  ];
}

/** Makes a policy that denies the group to everybody, and removes it once every node has had it for a while. */
async function denyForAWhile(
  { changes, cluster, signal }: CheckContext,
  { group, sampling, ways }: { group: EchoGroup; sampling: Sampling; ways: readonly Way[] },
): Promise<void> {
  sampling.mark(marks.made);
  const [policy] = await changes.createFrom(`${import.meta.dirname}/deny-all.yaml`, { GROUP: group.service.name });
  await Promise.all(ways.map((way) => firstAnswer(cluster, way, { timeoutMs: watchedMs, signal, until: blocked })));
  await delay(deniedForMs, undefined, { signal });
  sampling.mark(marks.removed);
  await cluster.kubernetes.raw.delete(
    { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', metadata: { name: policy?.metadata?.name ?? '' } },
    {},
    signal,
  );
  await Promise.all(ways.map((way) => firstAnswer(cluster, way, { timeoutMs: watchedMs, signal })));
}
