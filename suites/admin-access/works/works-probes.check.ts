import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Pod } from '@kubernetes/client-node';
import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { isReady, readyPods } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { workerNames } from '../../fixtures/echo-group.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { requirements } from '../requirements.ts';

/** Longer than the default probe takes to fail: 3 times 10 s (Kubernetes, Probe: periodSeconds, failureThreshold). */
const watchedMs = 35_000;
/** A fresh pod is probed every second. */
const freshMs = 30_000;

check(requirements['ADM-WORKS-PROBES'], async (context) => {
  const {
    cluster: {
      documented: { platformNamespaces },
    },
    control,
    observe,
    signal,
  } = context;
  context.hint(async () => 'kubectl get events -A --field-selector reason=Unhealthy; kubectl get globalnetworkpolicies.projectcalico.org');
  const [seen, scratch, ...fresh] = await Promise.all([
    watchPlatform(context),
    failingPod(context),
    ...platformNamespaces.map((namespace, index) => freshPod(context, namespace, index)),
  ]);
  for (const measured of fresh) observe(measured);
  const seconds = watchedMs / 1000;
  observe(noneOf(`containers of ${seen.pods.length} platform pods that restarted within ${seconds} s`, { saw: seen.restarted }));
  observe(noneOf(`platform pods that were not ready at some time of these ${seconds} s`, { saw: seen.unready }));
  control({
    subject: 'platform pods that were watched',
    vantage: 'Kubernetes API',
    expected: `some in each of ${platformNamespaces.join(', ')}`,
    saw: `${seen.pods.length}`,
    held: platformNamespaces.every((namespace) => seen.pods.some(({ metadata }) => metadata?.namespace === namespace)),
  });
  const restarts = await attempt(signal, () => untilRestarted(context, scratch));
  control({
    subject: 'a pod whose probe nobody answers',
    vantage: 'Kubernetes API',
    expected: 'restarted',
    saw: restarts.kind === 'done' ? restarts.value : restarts.text,
    held: restarts.kind === 'done',
  });
});

interface Watched {
  /** Those that were there all the time. */
  readonly pods: readonly V1Pod[];
  readonly restarted: readonly string[];
  readonly unready: readonly string[];
}

/** Looks at the platform's pods again and again. What somebody replaces meanwhile was not restarted by a probe. */
async function watchPlatform(context: CheckContext): Promise<Watched> {
  const before = await platformPods(context);
  const endsAt = Date.now() + watchedMs;
  const unready = new Map(before.filter((pod) => !isReady(pod)).map((pod) => [pod.metadata?.uid, nameOf(pod)]));
  const last = await until(
    'the time of the watch to pass',
    { timeoutMs: 2 * watchedMs, everyMs: 2000, signal: context.signal },
    async () => {
      const now = (await platformPods(context)).filter(
        ({ metadata }) => metadata?.deletionTimestamp === undefined && before.some((pod) => pod.metadata?.uid === metadata?.uid),
      );
      for (const pod of now.filter((each) => !isReady(each))) unready.set(pod.metadata?.uid, nameOf(pod));
      return Date.now() >= endsAt ? { done: now } : { notYet: `${now.length} pods` };
    },
  );
  const atFirst = (pod: V1Pod): number =>
    before.filter(({ metadata }) => metadata?.uid === pod.metadata?.uid).reduce((sum, each) => sum + restartsOf(each), 0);
  return {
    pods: last,
    restarted: last.filter((pod) => restartsOf(pod) > atFirst(pod)).map(nameOf),
    unready: last.flatMap(({ metadata }) => unready.get(metadata?.uid) ?? []),
  };
}

/** The platform's own that have started: what waits for a volume is asked nothing by the kubelet. */
async function platformPods({ cluster: { kubernetes, documented } }: CheckContext): Promise<V1Pod[]> {
  const lists = await Promise.all(documented.platformNamespaces.map((namespace) => kubernetes.core.listNamespacedPod({ namespace })));
  return lists
    .flatMap(({ items }) => items)
    .filter(
      ({ metadata, status }) =>
        metadata?.labels?.['conform-run'] === undefined && metadata?.labels?.['conform-echo'] === undefined && status?.phase === 'Running',
    );
}

function restartsOf({ status }: V1Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function nameOf(pod: V1Pod): string {
  return `${pod.metadata?.namespace}/${pod.metadata?.name} (${pod.status?.phase}, ${restartsOf(pod)} restarts)`;
}

/** A pod that is probed over HTTP and TCP by the kubelet becomes ready; one on each worker in turn. */
async function freshPod(context: CheckContext, namespace: string, index: number) {
  const { cluster, changes, signal } = context;
  const workers = workerNames(cluster);
  const [name, node] = [`conform-fresh-${nonce()}`, workers[index % workers.length] ?? ''];
  await changes.createFrom(`${import.meta.dirname}/works-fresh-pod.yaml`, { NAMESPACE: namespace, NAME: name, NODE: node });
  const ready = await attempt(signal, () =>
    until(`pod ${name}`, { timeoutMs: freshMs, everyMs: 500, signal }, async () => {
      const pod = await cluster.kubernetes.core.readNamespacedPod({ namespace, name });
      return isReady(pod) ? { done: pod } : { notYet: pod.status?.phase ?? 'no phase' };
    }),
  );
  const saw = ready.kind === 'failed' ? ready.text : restartsOf(ready.value) === 0 ? 'ready, never restarted' : 'restarted';
  return {
    subject: `a fresh pod with HTTP and TCP probes in ${namespace} on ${node}`,
    vantage: 'Kubernetes API',
    expected: 'ready, never restarted',
    saw,
    held: saw === 'ready, never restarted',
  };
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
  return until('a restart', { timeoutMs: freshMs, everyMs: 500, signal }, async () => {
    const count = restartsOf(await kubernetes.core.readNamespacedPod(place));
    return count > 0 ? { done: `${count} times` } : { notYet: 'no restart' };
  });
}
