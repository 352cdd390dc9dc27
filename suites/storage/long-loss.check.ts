import { setTimeout as delay } from 'node:timers/promises';
import { promised } from '../../guide/limits.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { type PodPlace, isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { replicasWithout } from './lost-worker.ts';
import { readPattern, writePattern } from './pattern.ts';
import { degraded, documentedReplicas, isWhole, onEach, wholeReplicas, workersForLoss } from './replicas.ts';
import { requirements } from './requirements.ts';
import { arrived, mountedOn, newClaim, scratchNamespace, volumeName } from './scratch-volumes.ts';

const { workloadMovedMs, replicasHealthyMs } = promised.storage;
const pattern = { file: 'pattern', mebibytes: 16 };

const withVolume = ['stateful', 'deployment'] as const;
const withoutVolume = 'stateless';

check(
  requirements['STOR-NODE-LOSS-WORKLOAD'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get settings.longhorn.io node-down-pod-deletion-policy; kubectl get pods -A -o wide: what is Terminating on the lost worker?',
    );
    const { lost } = await workersForLoss(context);
    const namespace = await scratchNamespace(context);
    await changes.createFrom(`${import.meta.dirname}/workloads.yaml`, { NAMESPACE: namespace, NODE: lost });
    const [stateful, deployment, ...others] = await Promise.all(
      [...withVolume, withoutVolume].map((workload) => inTime(() => runningOn(context, { namespace, workload }, () => true))),
    );
    if (stateful === undefined || deployment === undefined) throw new Error('no workload was started');
    const [first, second] = [
      arrived(context, 'a StatefulSet with a volume', stateful),
      arrived(context, 'a Deployment with a volume', deployment),
    ];
    if (first === undefined || second === undefined) return;
    const elsewhere = [first, second, ...others.flatMap((each) => (each.kind === 'done' ? [each.value] : []))].filter(
      ({ node }) => node !== lost,
    );
    if (elsewhere.length > 0) throw new Error(`the scheduler has not put ${elsewhere.map(({ pod }) => pod).join(', ')} on ${lost}`);
    const digests = await Promise.all([first, second].map((pod) => writePattern(context, pod, pattern)));
    await changes.cutPower(lost, cluster.power(lost, 'off'), signal);
    const moved = async (workload: string) =>
      inTime(() => runningOn(context, { namespace, workload }, (node) => node !== lost, workloadMovedMs));
    const [movedStateful, movedDeployment, movedStateless] = await Promise.all([
      moved('stateful'),
      moved('deployment'),
      moved(withoutVolume),
    ]);
    for (const [index, result] of [movedStateful, movedDeployment].entries()) {
      const name = index === 0 ? 'StatefulSet' : 'Deployment';
      observe({
        subject: `${name} with a volume, whose worker ${lost} is off`,
        vantage: 'Kubernetes API',
        expected: `Ready on another worker within ${workloadMovedMs / 1000} s`,
        saw: result.kind === 'done' ? 'Ready on another worker' : result.text,
        held: result.kind === 'done',
        ...lateIf(result.kind === 'late'),
      });
      if (result.kind === 'late') continue;
      const read = await readPattern(context, result.value, pattern.file);
      observe(
        equal(`checksum of the data of the ${name}`, { expected: digests[index] ?? '', saw: read, vantage: 'its pod on another worker' }),
      );
    }
    control({
      subject: `Deployment without a volume, whose worker ${lost} is off`,
      vantage: 'Kubernetes API',
      expected: 'Ready on another worker',
      saw: movedStateless.kind === 'done' ? 'Ready on another worker' : movedStateless.text,
      held: movedStateless.kind === 'done',
    });
  },
  { uses: ['longhorn'], changes: ['node-power'], deadlineMs: 1_500_000 },
);

/** The Ready pod of a workload on such a node. Throws a WaitTimeout. */
async function runningOn(
  { cluster: { kubernetes }, signal }: CheckContext,
  { namespace, workload }: { readonly namespace: string; readonly workload: string },
  isWanted: (node: string) => boolean,
  timeoutMs = patience('volumeMounted'),
): Promise<PodPlace & { readonly node: string }> {
  return until(`a Ready pod of ${workload}`, { timeoutMs, everyMs: 2000, signal }, async () => {
    const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector: `conform-workload=${workload}` });
    const pod = items.find((each) => isReady(each) && isWanted(each.spec?.nodeName ?? ''));
    if (pod !== undefined) return { done: { namespace, pod: pod.metadata?.name ?? '', node: pod.spec?.nodeName ?? '' } };
    return { notYet: items.map(({ spec, status }) => `${status?.phase} on ${spec?.nodeName ?? 'no node'}`).join(', ') || 'no pod' };
  });
}

/** Beyond the wait for the lost worker: a replica is made and filled. */
const rebuildMs = 180_000;

check(
  requirements['STOR-REBUILD-ELSEWHERE'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get replicas.longhorn.io -o wide; settings.longhorn.io replica-replenishment-wait-interval and replica-soft-anti-affinity',
    );
    const { lost, staying } = await workersForLoss(context);
    const [one] = staying;
    const place = await newClaim(context);
    const pod = arrived(context, 'a volume', await mountedOn(context, place, one));
    if (pod === undefined) return;
    const volume = await volumeName(context, place);
    const before = await wholeReplicas(context, volume, { count: documentedReplicas, timeoutMs: replicasHealthyMs });
    observe(onEach('workers with a whole replica before', workerNames(cluster), before));
    if (before.kind === 'late') return;
    const digest = await writePattern(context, pod, pattern);
    const api = longhorn(cluster.kubernetes, signal);
    const waitS = Number(await api.setting('replica-replenishment-wait-interval'));
    await changes.cutPower(lost, cluster.power(lost, 'off'), signal);
    if (arrived(context, 'a degraded volume', await inTime(() => degraded(context, volume))) === undefined) return;
    const able = (await api.nodes())
      .filter(({ metadata, spec }) => metadata.name !== lost && spec.allowScheduling)
      .map(({ metadata }) => metadata.name);
    const count = replicasWithout(cluster.documented.storage.lostWorker, { replicas: documentedReplicas, workers: able.length });
    // Longhorn waits so long for the lost worker; that nothing more comes can be said no earlier.
    await delay(waitS * 1000, undefined, { signal });
    const after = await wholeReplicas(context, volume, { count, timeoutMs: rebuildMs });
    observe({
      subject: `whole replicas without ${lost}, ${waitS} s after its loss and more`,
      vantage: 'Kubernetes API',
      expected: `${count}, each on another worker`,
      saw: after.kind === 'done' ? after.value.join(', ') : after.text,
      held: after.kind === 'done' && after.value.length === count && new Set(after.value).size === count,
    });
    const read = await readPattern(context, pod, pattern.file);
    observe(equal('checksum of the data', { expected: digest, saw: read, vantage: `pod on ${one}` }));
    const [replicas, modes] = await Promise.all([api.replicas(volume), api.modes(volume)]);
    const onLost = replicas.filter((replica) => replica.spec.nodeID === lost && isWhole(replica, modes));
    control(equal(`whole replicas on ${lost}`, { expected: '0', saw: String(onLost.length) }));
  },
  { uses: ['longhorn'], changes: ['node-power'], deadlineMs: 1_800_000 },
);
