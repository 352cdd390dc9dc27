import type { V1Pod } from '@kubernetes/client-node';
import { equal, noneOf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { type Destination, denial, unansweredDenial } from '../../../harness/probe/claims.ts';
import { firstAnswer } from '../../../harness/probe/first-answer.ts';
import { check } from '../../fixtures/check.ts';
import { type EchoPod, echoPod, workerNames } from '../../fixtures/echo-group.ts';
import { requirements } from '../requirements.ts';
import { podSource, webOf } from './sources.ts';

/** Attempts of a pod at each target within its first ten seconds: see new-pods.yaml. */
const attemptsOfPod = 14;

/** A pod that has just been made, under a name that is the same in every run. */
interface NewPod extends EchoPod {
  readonly kind: string;
}

check(requirements['ISO-POLICY-EVERY-POD'], async (context, { tenants: { alice, bob }, neutral }) => {
  context.hint(
    async () =>
      'kubectl get networkpolicy -n canine-alice -o yaml: the podSelector of deny-all-default must be empty, and no other policy may admit pods by their labels',
  );
  const { cluster, connect, signal } = context;
  const [open, beside] = neutral.pods;
  const [own] = alice.pods;
  const fresh = await newPods(context, { namespace: alice.namespace, own, other: bob.pods[0], open });
  const webs = fresh.map((pod): Destination => ({ name: `new pod (${pod.kind})`, target: pod.tcp }));
  const from = podSource('neutral', open);
  // Before a new pod serves, no anchor can be at the target; where no policy is in force yet, it refuses. The whole denial follows.
  const atOnce = webs.map(({ name, target }): Destination => ({ name: `${name} as soon as it has an address`, target }));
  await connect([unansweredDenial({ from, to: atOnce, sameSourceReaches: webOf('neutral', beside) })]);
  const awaited = { timeoutMs: patience('podReady'), signal };
  await Promise.all(webs.map(({ target }) => firstAnswer(cluster, { from: own.place, to: target }, awaited)));
  await connect([
    denial({ from, to: webs, sameSourceReaches: webOf('neutral', beside), targetAnswers: podSource('alice', own) }),
    // What the new pods dial answers others.
    denial({
      from: podSource('alice', own),
      to: [webOf('bob', bob.pods[0]), webOf('neutral', open)],
      sameSourceReaches: webOf('alice', alice.pods[1]),
      targetAnswers: ({ name }) => (name.startsWith('bob') ? podSource('bob', bob.pods[1]) : podSource('neutral', beside)),
    }),
  ]);
  await Promise.all(fresh.map((pod) => observeDialled(context, pod)));
});

/** The three new pods, as soon as each has an address. */
async function newPods(
  { cluster, changes, signal }: CheckContext,
  { namespace, own, other, open }: { namespace: string; own: EchoPod; other: EchoPod; open: EchoPod },
): Promise<NewPod[]> {
  const name = `conform-new-${nonce()}`;
  const [first = '', second = '', third = first] = workerNames(cluster);
  const at = ({ address }: EchoPod): string => `${address}:8080`;
  await changes.createFrom(`${import.meta.dirname}/new-pods.yaml`, {
    NAME: name,
    NAMESPACE: namespace,
    FIRST: first,
    SECOND: second,
    THIRD: third,
    OWN: at(own),
    OTHER: at(other),
    OPEN: at(open),
  });
  const kindOf = ({ metadata }: V1Pod): string | undefined =>
    ['bare', 'dns', 'job'].find((kind) => metadata?.name?.startsWith(`${name}-${kind}`));
  return until('addresses of the new pods', { timeoutMs: patience('podReady'), everyMs: 200, signal }, async () => {
    const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace });
    const found = items.flatMap((pod) => {
      const kind = kindOf(pod);
      return kind === undefined || pod.status?.podIP === undefined ? [] : [{ ...echoPod(pod), kind }];
    });
    return found.length === 3 ? { done: found } : { notYet: `${found.length} of 3` };
  });
}

/** What a new pod's own attempts came to, from its first moment on. */
async function observeDialled(context: CheckContext, { kind, namespace, pod }: NewPod): Promise<void> {
  const { observe, control } = context;
  const vantage = `new pod (${kind})`;
  const told = await logOf(context, { namespace, name: pod });
  const ended = (target: string): string[] =>
    told.filter((line) => line.startsWith(`${target} `)).map((line) => line.slice(target.length + 1).trim());
  const connected = (each: string): boolean => each.startsWith('0');
  for (const [target, text] of [
    ['other', 'the other tenant'],
    ['open', 'a namespace without policies'],
  ] as const) {
    const subject = `${attemptsOfPod} connections of the ${vantage} to ${text} in its first ten seconds`;
    observe(noneOf(`${subject}: those that were made`, { saw: ended(target).filter(connected), vantage }));
    control(
      equal(`${subject}: those that ended by time-out or were made`, {
        expected: String(attemptsOfPod),
        saw: String(ended(target).filter((each) => connected(each) || each.includes('TIMEOUT')).length),
        vantage,
      }),
    );
  }
  const own = ended('own').filter(connected).length;
  control({
    subject: `${attemptsOfPod} connections of the ${vantage} to its own tenant: those that were made`,
    vantage,
    expected: 'some',
    saw: String(own),
    held: own > 0,
  });
}

/** The log of a pod that has made all its attempts. */
async function logOf({ cluster: { kubernetes }, signal }: CheckContext, pod: { namespace: string; name: string }): Promise<string[]> {
  return until(`${pod.name} to end its attempts`, { timeoutMs: patience('podReady'), everyMs: 1000, signal }, async () => {
    const lines = (await kubernetes.core.readNamespacedPodLog(pod)).split('\n');
    return lines.includes('done') ? { done: lines } : { notYet: `${lines.length} lines` };
  });
}
