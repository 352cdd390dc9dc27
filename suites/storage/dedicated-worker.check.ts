import { promised } from '../../guide/limits.ts';
import { atApi, equal, lateIf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { longhorn, longhornNamespace } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { documentedReplicas, onEach, wholeReplicas } from './replicas.ts';
import { requirements } from './requirements.ts';
import { arrived, mountedOn, newClaim, scratchNamespace, volumeName } from './scratch-volumes.ts';

/** Guide, OPT-7. */
const dedicated = { node: 'w01', taint: 'dedicated=platform:NoSchedule' };
/** Longhorn's parts on every worker, by their labels (longhorn-manager v1.10). */
const parts = {
  manager: 'app=longhorn-manager',
  'CSI plugin': 'app=longhorn-csi-plugin',
  'instance manager': 'longhorn.io/component=instance-manager',
};
const { workerBackMs, replicasHealthyMs } = promised.storage;

check(
  requirements['STOR-OPT7-TAINT'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    const { node } = dedicated;
    hint(
      async () =>
        `kubectl -n longhorn-system get pods -o wide --field-selector spec.nodeName=${node}; is ${dedicated.taint} among their tolerations (E51)?`,
    );
    const { spec } = await cluster.kubernetes.core.readNode({ name: node });
    const taints = (spec?.taints ?? []).map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`);
    control({
      subject: `taints of ${node}`,
      vantage: atApi,
      expected: `with ${dedicated.taint}`,
      saw: taints.join(', ') || 'none',
      held: taints.includes(dedicated.taint),
    });
    const other = workerNames(cluster).find((name) => name !== node) ?? '';
    const place = await newClaim(context);
    if (arrived(context, 'a volume', await mountedOn(context, place, other)) === undefined) return;
    const volume = await volumeName(context, place);
    observe(
      onEach(
        'workers with a whole replica before',
        workerNames(cluster),
        await wholeReplicas(context, volume, { count: documentedReplicas, timeoutMs: replicasHealthyMs }),
      ),
    );
    const before = await podsOn(context, node);
    await changes.cutPower(node, cluster.power(node, 'off'), signal);
    const { run } = cluster.power(node, 'on');
    await changes.command({ what: `power on ${node}`, run, undo: run }, signal);
    for (const [part, selector] of Object.entries(parts)) {
      const back = await inTime(() => partBack(context, { node, selector, before }));
      const isLate = back.kind === 'late';
      observe({
        subject: `${part} on ${node} after its reboot`,
        vantage: atApi,
        expected: `Ready within ${workerBackMs / 1000} s`,
        saw: isLate ? back.text : 'Ready',
        held: !isLate,
        ...lateIf(isLate),
      });
    }
    const healthy = await wholeReplicas(context, volume, { count: documentedReplicas, timeoutMs: replicasHealthyMs });
    observe(onEach('workers with a whole replica afterwards', workerNames(cluster), healthy));
    const robust = (await longhorn(cluster.kubernetes, signal).volume(volume))?.status?.robustness ?? 'gone';
    observe(equal('robustness of the volume', { expected: 'healthy', saw: robust }));
    control(await untolerating(context));
  },
  { uses: ['longhorn'], changes: ['node-power'], deadlineMs: 1_500_000 },
);

/** Containers that ran before: what the API tells of a dead node is what it was when it died. */
async function podsOn({ cluster }: CheckContext, node: string): Promise<Set<string>> {
  const { items } = await cluster.kubernetes.core.listNamespacedPod({
    namespace: longhornNamespace,
    fieldSelector: `spec.nodeName=${node}`,
  });
  return new Set(items.flatMap(({ status }) => (status?.containerStatuses ?? []).map(({ containerID }) => containerID ?? '')));
}

async function partBack(
  { cluster, signal }: CheckContext,
  { node, selector, before }: { readonly node: string; readonly selector: string; readonly before: ReadonlySet<string> },
): Promise<void> {
  await until(`a Ready pod ${selector} on ${node}`, { timeoutMs: workerBackMs, everyMs: 2000, signal }, async () => {
    const query = { namespace: longhornNamespace, labelSelector: selector, fieldSelector: `spec.nodeName=${node}` };
    const { items } = await cluster.kubernetes.core.listNamespacedPod(query);
    const anew = items.filter(
      (pod) => isReady(pod) && pod.status?.containerStatuses?.every(({ containerID }) => !before.has(containerID ?? '')) === true,
    );
    return anew.length > 0 ? { done: undefined } : { notYet: items.map(({ status }) => status?.phase).join(', ') || 'none' };
  });
}

/** A pod that may run there alone, without the toleration. */
async function untolerating(context: CheckContext) {
  const { cluster, changes, signal } = context;
  const namespace = await scratchNamespace(context);
  await changes.createFrom(`${import.meta.dirname}/dedicated-pod.yaml`, { NAMESPACE: namespace, NODE: dedicated.node });
  const decided = await until('the scheduler to decide', { timeoutMs: patience('effect'), everyMs: 1000, signal }, async () => {
    const { status } = await cluster.kubernetes.core.readNamespacedPod({ namespace, name: 'tenant' });
    const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
    return scheduled === undefined ? { notYet: 'no condition PodScheduled' } : { done: scheduled };
  });
  const isRefused = decided.status === 'False' && (decided.message ?? '').includes('taint');
  const saw = isRefused ? 'not scheduled' : `${decided.status} ${decided.message ?? ''}`;
  return equal(`a pod that may run on ${dedicated.node} alone, without the toleration`, { expected: 'not scheduled', saw });
}
