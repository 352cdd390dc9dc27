import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { type EchoGroup, type EchoPod, echoPod, onEveryWorker } from '../fixtures/echo-group.ts';
import { equal, lateIf, noneOf } from '../../harness/engine/measured.ts';
import { reach } from '../../harness/probe/claims.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import { mayBeLate } from '../../harness/probe/outcome.ts';
import { type Outcome, outcomeText } from '../../harness/probe/probe.ts';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import { promised } from '../../guide/limits.ts';
import { worked } from '../../harness/probe/worked.ts';
import { fromPod } from './across-nodes.ts';

/** Connections from each worker; three endpoints are all met with a chance of 1 - 3 * (2/3)^60. */
const attemptsOfWorker = 60;

/** Over UDP an endpoint of three that does not answer is missed with a chance of (2/3)^10 at each worker, for each is asked anew. */
const datagramsOfWorker = 10;

/** A group's Service answers every new connection of every pod, and all its Ready endpoints get some, and no other. */
export async function routed(context: CheckContext, group: EchoGroup): Promise<void> {
  const { cluster, observe, signal } = context;
  const url = `http://${group.service.clusterIp}/hostname`;
  context.control(onEveryWorker(cluster, group.pods));
  const unready = await startUnreadyPod(context, group);
  await Promise.all(
    group.pods.map(async ({ place }) =>
      firstAnswer(cluster, { from: place, to: { kind: 'http', url } }, { timeoutMs: promised.network.serviceProgrammedMs, signal }),
    ),
  );
  const answers = await Promise.all(
    group.pods.map(async ({ place, node }) => ({
      node,
      outcomes: await cluster.probe(
        place,
        Array.from({ length: attemptsOfWorker }, () => ({ kind: 'http' as const, url })),
        signal,
      ),
    })),
  );
  for (const { node, outcomes } of answers) {
    for (const measured of allAnswered(url, { outcomes, pods: group.pods, vantage: node, key: `the Service from ${node}` }))
      observe(measured);
  }
  const overUdp = { name: 'the Service over UDP', target: { kind: 'udp', host: group.service.clusterIp, port: 81 } as const };
  await context.connect(
    group.pods.map((pod) => reach({ from: fromPod(pod), to: Array.from({ length: datagramsOfWorker }, () => overUdp) })),
  );
  await directly(context, [...group.pods, unready]);
}

/** Every attempt at a Service's URL got an answer, and every pod behind it gave some. Throws where a probe did not work. */
export function allAnswered(
  url: string,
  {
    outcomes,
    pods,
    vantage,
    note = '',
    key,
  }: {
    outcomes: readonly Outcome[];
    pods: readonly { readonly pod: string }[];
    vantage: string;
    note?: string;
    /** Where the URL is another one in every run. */
    key?: string;
  },
): Measured[] {
  const failed = outcomes.filter((outcome) => worked(outcome).kind !== 'answered');
  const isLate = failed.length > 0 && failed.every(mayBeLate);
  const names = pods.map(({ pod }) => pod);
  const answered = [...new Set(outcomes.flatMap((each) => (each.kind === 'answered' ? [each.body] : [])))];
  return [
    {
      ...noneOf(`new connections of ${outcomes.length} to ${url}${note} that got no answer`, { saw: failed.map(outcomeText), vantage }),
      ...(key === undefined ? {} : { key: `${key}: connections without an answer` }),
      ...lateIf(isLate),
    },
    {
      ...equal(`endpoints that answered at ${url}`, {
        expected: names,
        saw: answered,
        vantage,
      }),
      ...(key === undefined ? {} : { key: `${key}: endpoints that answered` }),
      // An endpoint that others stand for is not late.
      ...lateIf(isLate && answered.every((each) => names.includes(each))),
    },
  ];
}

/** Each pod tells its own name where no Service is between, the one that is not Ready too. */
async function directly(
  { cluster, control, signal }: CheckContext,
  pods: readonly Pick<EchoPod, 'pod' | 'place' | 'url'>[],
): Promise<void> {
  const [first] = pods;
  if (first === undefined) throw new Error('an echo group has two pods at least');
  const urls = pods.map(({ url }) => `${url}/hostname`);
  const outcomes = await cluster.probe(
    first.place,
    urls.map((url) => ({ kind: 'http', url })),
    signal,
  );
  for (const [index, outcome] of outcomes.entries())
    control(
      equal(`who answers at ${urls[index]}`, {
        expected: pods[index]?.pod ?? '',
        saw: outcome.kind === 'answered' ? outcome.body : outcomeText(outcome),
        vantage: cluster.placeText(first.place),
      }),
    );
}

/** A pod that the Service selects and that runs, but never becomes Ready: a Service leads to Ready endpoints alone. */
async function startUnreadyPod(
  { cluster, changes, signal }: CheckContext,
  { namespace, service, pods: [{ node }] }: EchoGroup,
): Promise<EchoPod> {
  const name = `conform-unready-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/unready-pod.yaml`, {
    NAME: name,
    NAMESPACE: namespace,
    NODE: node,
    GROUP: service.name,
  });
  return until(`${name} to run`, { timeoutMs: patience('podReady'), everyMs: 500, signal }, async () => {
    const pod = await cluster.kubernetes.core.readNamespacedPod({ namespace, name });
    const runs = pod.status?.containerStatuses?.[0]?.state?.running !== undefined && pod.status.podIP !== undefined;
    return runs ? { done: echoPod(pod) } : { notYet: pod.status?.phase ?? 'no phase' };
  });
}
