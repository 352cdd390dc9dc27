import type { V1Pod } from '@kubernetes/client-node';
import { runLabel } from '../../../harness/engine/changes/changes.ts';
import type { Measured } from '../../../harness/engine/evidence.ts';
import { lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { isReady, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { check } from '../check.ts';
import { inTime } from '../../fixtures/in-time.ts';
import { requirements } from '../requirements.ts';
import { restartsOf, watched } from './watched-pods.ts';

/** Longer than the default probe takes to fail: 3 times 10 s (Kubernetes, Probe: periodSeconds, failureThreshold). */
const watchedMs = 35_000;
const vantage = 'Kubernetes API';

check(requirements['ADM-WORKS-PROBES'], async (context) => {
  const { cluster, control, hint, observe } = context;
  const { platformNamespaces } = cluster.documented;
  hint(async () => 'kubectl get events -A --field-selector reason=Unhealthy; kubectl get globalnetworkpolicies.projectcalico.org');
  const [lists, scratch, ...fresh] = await Promise.all([
    watchPlatform(context),
    failingPod(context),
    ...platformNamespaces.map((namespace, index) => freshPod(context, namespace, index)),
  ]);
  for (const measured of fresh) observe(measured);
  const { restarted, unready } = watched(lists);
  const seconds = watchedMs / 1000;
  observe(noneOf(`containers of platform pods that restarted within ${seconds} s`, { saw: restarted.map(textOf) }));
  observe(noneOf(`platform pods that were not ready at some time of these ${seconds} s`, { saw: unready.map(textOf) }));
  const [first = []] = lists;
  control({
    subject: 'platform pods that were watched',
    vantage,
    expected: `some in each of ${platformNamespaces.join(', ')}`,
    saw: `${first.length}`,
    held: platformNamespaces.every((namespace) => first.some(({ metadata }) => metadata?.namespace === namespace)),
  });
  const restarts = await inTime(() => untilRestarted(context, scratch));
  control({
    subject: 'a pod whose probe nobody answers',
    vantage,
    expected: 'restarted',
    saw: restarts.kind === 'done' ? restarts.value : restarts.text,
    held: restarts.kind === 'done',
  });
});

/** Lists the platform's pods again and again: at first those that have started, for the kubelet asks one that waits for a volume nothing. */
async function watchPlatform(context: CheckContext): Promise<V1Pod[][]> {
  const lists = [(await platformPods(context)).filter(({ status }) => status?.phase === 'Running')];
  const endsAt = Date.now() + watchedMs;
  return until('the time of the watch to pass', { timeoutMs: 2 * watchedMs, everyMs: 2000, signal: context.signal }, async () => {
    lists.push(await platformPods(context));
    return Date.now() >= endsAt ? { done: lists } : { notYet: `${lists.length} lists` };
  });
}

/** The platform's own. */
async function platformPods({ cluster: { kubernetes, documented } }: CheckContext): Promise<V1Pod[]> {
  const lists = await Promise.all(documented.platformNamespaces.map((namespace) => kubernetes.core.listNamespacedPod({ namespace })));
  const isOurs = ({ metadata }: V1Pod): boolean =>
    metadata?.labels?.[runLabel] !== undefined || metadata?.labels?.['conform-echo'] !== undefined;
  return lists.flatMap(({ items }) => items).filter((pod) => !isOurs(pod));
}

function textOf(pod: V1Pod): string {
  return `${pod.metadata?.namespace}/${pod.metadata?.name} (${pod.status?.phase}, ${restartsOf(pod)} restarts)`;
}

/** A pod that is probed over HTTP and TCP by the kubelet becomes ready; one on each worker in turn. */
async function freshPod(context: CheckContext, namespace: string, index: number): Promise<Measured> {
  const { cluster, changes, signal } = context;
  const workers = workerNames(cluster);
  const [name, node] = [`conform-fresh-${nonce()}`, workers[index % workers.length] ?? ''];
  await changes.createFrom(`${import.meta.dirname}/works-fresh-pod.yaml`, { NAMESPACE: namespace, NAME: name, NODE: node });
  const ready = await inTime(() =>
    until(`pod ${name}`, { timeoutMs: patience('podReady'), everyMs: 500, signal }, async () => {
      const pod = await cluster.kubernetes.core.readNamespacedPod({ namespace, name });
      return isReady(pod) ? { done: restartsOf(pod) } : { notYet: pod.status?.phase ?? 'no phase' };
    }),
  );
  const expected = 'ready, never restarted';
  const saw = ready.kind === 'late' ? ready.text : ready.value === 0 ? expected : 'restarted';
  const subject = `a fresh pod with HTTP and TCP probes in ${namespace} on ${node}`;
  return { subject, vantage, expected, saw, held: saw === expected, ...lateIf(ready.kind === 'late') };
}

interface Scratch {
  readonly namespace: string;
  readonly name: string;
}

async function failingPod({ cluster, changes, signal }: CheckContext): Promise<Scratch> {
  const scratch = { namespace: `conform-probes-${nonce()}`, name: 'unanswered' };
  await changes.createFrom(`${import.meta.dirname}/works-failing-pod.yaml`, { NAMESPACE: scratch.namespace, NAME: scratch.name });
  await readyPods(cluster.kubernetes, { namespace: scratch.namespace, selector: 'conform-probe=unanswered', count: 1 }, signal);
  return scratch;
}

async function untilRestarted({ cluster: { kubernetes }, signal }: CheckContext, place: Scratch): Promise<string> {
  return until('a restart', { timeoutMs: patience('effect'), everyMs: 500, signal }, async () => {
    const count = restartsOf(await kubernetes.core.readNamespacedPod(place));
    return count > 0 ? { done: `${count} times` } : { notYet: 'no restart' };
  });
}
