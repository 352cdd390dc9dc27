import { promised } from '../../guide/limits.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { equal, noneOf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { Kubernetes } from '../../harness/platform/kubernetes/kubernetes.ts';
import { denial } from '../../harness/probe/claims.ts';
import { firstAnswer } from '../../harness/probe/first-answer.ts';
import { type Outcome, blocked, reached } from '../../harness/probe/probe.ts';
import { check } from '../fixtures/check.ts';
import { type EchoPod, onEveryWorker, startEchoGroup } from '../fixtures/echo-group.ts';
import { fromPod, toPod } from './across-nodes.ts';
import { requirements } from './requirements.ts';

const { policyActsMs } = promised.network;

/** On each worker: a pod that the policy protects, one on the same worker without a policy, and two sources on others. */
interface Stage {
  readonly target: EchoPod;
  readonly open: EchoPod;
  readonly denied: EchoPod;
  readonly allowed: EchoPod;
}

check(requirements['NET-POLICY-ENFORCED'], async (context, { neutral }) => {
  const { cluster, changes, connect, observe, control, hint, signal } = context;
  const { kubernetes } = cluster;
  hint(
    async () =>
      'iptables -S FORWARD on the worker: is cali-FORWARD its first rule? kubectl get felixconfigurations -o yaml: chainInsertMode; kubectl -n calico-system logs of its calico-node',
  );
  const namespace = `conform-policy-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const own = await startEchoGroup({ cluster, changes, signal }, { namespace });
  control(onEveryWorker(cluster, own.pods));
  const stages = own.pods.flatMap((target) => stageOf(target, { own: own.pods, others: neutral.pods }));
  control(
    equal('workers whose pods are tried from another', {
      expected: own.pods.map(({ node }) => node),
      saw: stages.map(({ target }) => target.node),
    }),
  );

  for (const measured of await inTime(context, stages, { when: 'without a policy', until: reached })) observe(measured);
  const made = await changes.createFrom(`${import.meta.dirname}/policy-enforced.yaml`, { NAMESPACE: namespace });
  for (const measured of await inTime(context, stages, { when: 'denied, after the policy was made', until: blocked })) observe(measured);
  await connect(
    stages.map(({ target, open, denied, allowed }) =>
      denial({
        from: { ...fromPod(denied), name: `neutral ${fromPod(denied).name}` },
        to: { ...toPod(target), name: `${toPod(target).name} behind a default deny` },
        sameSourceReaches: { ...toPod(open), name: `${toPod(open).name} without a policy` },
        targetAnswers: { ...fromPod(allowed), name: `admitted ${fromPod(allowed).name}` },
      }),
    ),
  );
  for (const { apiVersion, kind, metadata } of made)
    await kubernetes.raw.delete(
      { apiVersion: apiVersion ?? '', kind: kind ?? '', metadata: { name: metadata?.name ?? '', namespace } },
      {},
      signal,
    );
  for (const measured of await inTime(context, stages, { when: 'after the policy was removed', until: reached })) observe(measured);
  observe(await appendedChains(kubernetes));
});

/** Nothing where another worker has no pod to come from. */
function stageOf(target: EchoPod, { own, others }: { own: readonly EchoPod[]; others: readonly EchoPod[] }): Stage[] {
  const open = others.find(({ node }) => node === target.node);
  const denied = others.find(({ node }) => node !== target.node);
  const allowed = own.find(({ node }) => node !== target.node);
  return open === undefined || denied === undefined || allowed === undefined ? [] : [{ target, open, denied, allowed }];
}

/** Tries the way to the target on each worker until it comes out as awaited, on all at the same time. */
async function inTime(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  stages: readonly Stage[],
  { when, until }: { when: string; until: (outcome: Outcome) => boolean },
): Promise<Measured[]> {
  return Promise.all(
    stages.map(async ({ target, denied }) => {
      const { answered, text } = await firstAnswer(
        cluster,
        { from: denied.place, to: target.tcp },
        { timeoutMs: policyActsMs, signal, until },
      );
      return {
        subject: `first connection to the pod on ${target.node} ${when}`,
        vantage: cluster.placeText(denied.place),
        expected: `within ${policyActsMs / 1000} s`,
        saw: text,
        held: answered,
        ...(answered || until === blocked ? {} : { late: true }),
      };
    }),
  );
}

/** Calico's own rules come first unless Felix is told to append them: then whatever anybody accepts before bypasses every policy. */
async function appendedChains({ objects, apps }: Kubernetes): Promise<Measured> {
  const [configurations, agents] = await Promise.all([
    objects.list('crd.projectcalico.org/v1', 'FelixConfiguration'),
    apps.listNamespacedDaemonSet({ namespace: 'calico-system' }),
  ]);
  const byObject = configurations.items.map((each) => ({
    where: `FelixConfiguration ${each.metadata?.name}`,
    mode: (each as { spec?: { chainInsertMode?: string } }).spec?.chainInsertMode,
  }));
  // The environment of calico-node counts for more than any object (Calico: Configuring Felix).
  const variables = agents.items.flatMap(({ spec }) => (spec?.template.spec?.containers ?? []).flatMap(({ env }) => env ?? []));
  const byVariable = variables
    .filter(({ name }) => name.toUpperCase() === 'FELIX_CHAININSERTMODE')
    .map(({ name, value }) => ({ where: name, mode: value }));
  return noneOf("configurations of Felix that put Calico's rules behind those of others", {
    saw: [...byObject, ...byVariable]
      .filter(({ mode }) => mode !== undefined && mode.toLowerCase() !== 'insert')
      .map(({ where, mode }) => `${where}: ${mode}`),
  });
}
