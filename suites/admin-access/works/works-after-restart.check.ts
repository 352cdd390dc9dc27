import { promised } from '../../../guide/limits.ts';
import { attempt } from '../../../harness/engine/attempt.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { recovered, wholenessOf } from '../../../harness/platform/node-recovery.ts';
import { type Claim, holds } from '../../../harness/probe/claims.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import { type EchoGroup, workerNames } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { requirements } from '../requirements.ts';
import { workstation } from '../vantages.ts';
import { accessClaims, accessPoints, asControls } from './access-claims.ts';
import type { Askers } from './anchors.ts';
import { canineWorks } from './canine-works.ts';
import { longhornWorks } from './longhorn-works.ts';
import { openCostWorks } from './opencost-works.ts';
import { type Workloads, agent, stands, wholeAgain, workloads } from './platform-workloads.ts';
import { targetsWork } from './targets-work.ts';
import { webhookWorks } from './webhook-works.ts';

check(
  requirements['ADM-WORKS-AFTER-RESTART'],
  async (context, { platform, ordinary, tenants: { alice } }) => {
    const askers: Askers = { platform, ordinary };
    const claims = accessClaims(context.cluster, askers, alice);
    const before = await wholeBefore(context);
    const policies = await policySpecs(context);
    // What does not work before cannot be judged afterwards: nothing is restarted for that.
    if (!(await allHold(context, claims.map(asControls)))) return;
    try {
      const isWhole = await restartAll(context, before, [...platform, ordinary, alice]);
      await policiesStay(context, policies);
      await published(context);
      await context.connect(claims);
      if (isWhole) await works(context, askers);
    } finally {
      await getUp(context, before);
    }
  },
  { changes: ['node-power'], deadlineMs: 1_200_000 },
);

async function wholeBefore(context: CheckContext): Promise<Workloads> {
  const { platformNamespaces } = context.cluster.documented;
  const before = await workloads(context);
  context.control({
    subject: 'workloads that were whole before',
    vantage: 'Kubernetes API',
    expected: `some in each of ${platformNamespaces.join(', ')}`,
    saw: String(before.whole.length),
    held: platformNamespaces.every((namespace) => before.whole.some((name) => name.startsWith(`${namespace}/`))),
  });
  return before;
}

async function allHold({ connect }: CheckContext, claims: readonly Claim[]): Promise<boolean> {
  const outcomes = await connect(claims);
  return claims.every(({ attempts }, claim) =>
    attempts.every((each, index) => {
      const outcome = outcomes[claim]?.[index];
      return outcome !== undefined && holds(each, outcome);
    }),
  );
}

/** Restarts every pod of the platform and of Calico's agent, then cuts the power of one worker after the other. */
async function restartAll(context: CheckContext, before: Workloads, groups: readonly EchoGroup[]): Promise<boolean> {
  const { cluster, changes, observe, signal } = context;
  await changes.awaitDaemonSet(agent);
  await Promise.all(
    before.pods.map(({ metadata: { namespace = '', name = '' } = {} }) =>
      cluster.kubernetes.core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 3 }),
    ),
  );
  const restarted = await inTime(async () => {
    await wholeAgain(context, before);
    for (const node of workerNames(cluster)) await reboot(context, node);
    await stands(context, before, signal);
    await askersAnswer(context, groups);
  });
  observe({
    key: 'workloads whose pods were all restarted, then each worker whose power was cut',
    subject: `${before.whole.length} workloads whose pods were all restarted, then each worker whose power was cut`,
    vantage: 'Kubernetes API',
    expected: 'whole again',
    saw: restarted.kind === 'done' ? 'whole again' : restarted.text,
    held: restarted.kind === 'done',
  });
  return restarted.kind === 'done';
}

async function policiesStay(context: CheckContext, before: ReadonlyMap<string, string>): Promise<void> {
  const now = await policySpecs(context);
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name));
  context.observe(noneOf('global policies that are not as they were', { saw: changed }));
}

/** By name. */
async function policySpecs({ cluster: { kubernetes } }: CheckContext): Promise<ReadonlyMap<string, string>> {
  const { items } = await kubernetes.objects.list('projectcalico.org/v3', 'GlobalNetworkPolicy');
  return new Map(items.map((policy) => [policy.metadata?.name ?? '', JSON.stringify((policy as { spec?: unknown }).spec)]));
}

/** From an administrator's address, for whom all of them are. */
async function published({ cluster, observe, signal }: CheckContext): Promise<void> {
  const timeoutMs = promised.adminAccess.announcedAgainMs;
  const first = accessPoints(cluster).map(async ({ name, target: to }) =>
    answerInTime(cluster, { subject: `first answer of ${name} after the reboot`, from: workstation.place, to }, { timeoutMs, signal }),
  );
  for (const answer of await Promise.all(first)) observe(answer);
}

/** The rows of this group once more, each with its own words; beside each other, as they are in a run. */
async function works(context: CheckContext, askers: Askers): Promise<void> {
  const own = { ...context, hint: () => undefined };
  await Promise.all([
    openCostWorks(own, askers),
    targetsWork(own, askers, { allUpWithinMs: promised.adminAccess.targetsUpMs }),
    longhornWorks(own, askers),
    webhookWorks(own),
    canineWorks(own, askers),
  ]);
}

/** The pods that this check asks from were on the workers, too. */
async function askersAnswer({ cluster, signal }: CheckContext, groups: readonly EchoGroup[]): Promise<void> {
  const askers = groups.flatMap(({ pods }) => pods);
  await until('the pods that ask to be up', { timeoutMs: patience('agentsRestarted'), everyMs: 2000, signal }, async () => {
    const up = await Promise.all(
      askers.map(async ({ place }) => {
        const tried = await attempt(signal, () => cluster.probe(place, [{ kind: 'tcp', host: '127.0.0.1', port: 8080 }], signal));
        return tried.kind === 'done' && tried.value[0]?.kind === 'connected';
      }),
    );
    return up.every(Boolean)
      ? { done: undefined }
      : {
          notYet: askers
            .filter((_, index) => up[index] !== true)
            .map(({ pod }) => pod)
            .join(', '),
        };
  });
}

async function reboot({ cluster, changes, signal }: CheckContext, node: string): Promise<void> {
  const [off, on] = [cluster.power(node, 'off'), cluster.power(node, 'on')];
  const whole = await wholenessOf(cluster.kubernetes, node, signal);
  await changes.command({ what: `power on ${node}`, ...off }, signal);
  await recovered(
    cluster.kubernetes,
    { node, whole },
    { powerOn: async () => void (await changes.command({ what: `power on ${node}`, run: on.run, undo: on.run }, signal)), signal },
  );
}

/**
 * Where the policies do not let the platform start again, it starts without them: what has connected by the time that they
 * are back goes on, as it was before.
 */
async function getUp(context: CheckContext, before: Workloads): Promise<void> {
  await context.changes.createFrom(`${import.meta.dirname}/works-open.yaml`, { NAME: `conform-open-${nonce()}` });
  await stands(context, before, AbortSignal.timeout(2 * patience('agentsRestarted')));
}
