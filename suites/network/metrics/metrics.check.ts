import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import { atApi, equal, lateIf, noneOf } from '../../../harness/engine/measured.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { PodPlace } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { quantity } from '../../../harness/platform/kubernetes/quantity.ts';
import { check } from '../../fixtures/check.ts';
import { everyNode } from '../every-node.ts';
import { requirements } from '../requirements.ts';
import { type Usage, usageOfPod, usages } from './resource-metrics.ts';

const { metricsAgeMs: oldestMs, metricsCoverMs: coveredMs } = promised.network;
/** What busy-pod.yaml may use, with 20 % for the scrape's edges. */
const busyCores = { least: 0.24, most: 0.36 };

check(
  requirements['NET-METRICS-NODES'],
  async (context, { neutral }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes; kubectl -n kube-system logs -l k8s-app=metrics-server: which kubelet does not answer on 10250?',
    );
    const { kubernetes } = cluster;
    const [{ node }] = neutral.pods;
    const busy = await podFrom(context, 'busy-pod', { namespace: neutral.namespace, node });
    const [told, nodes] = await Promise.all([
      cluster.runAsReader(['kubectl', 'top', 'nodes'], signal),
      usages(kubernetes, 'nodes', signal),
    ]);
    const now = Date.now();
    const names = await everyNode(cluster);
    observe(equal('nodes with figures', { expected: names, saw: nodes.map(({ name }) => name) }));
    observe(
      noneOf('nodes without processor time or memory in use', {
        saw: nodes.filter(({ cores, bytes }) => cores <= 0 || bytes <= 0).map(usageText),
      }),
    );
    observe(
      noneOf('figures that are older than promised', {
        saw: nodes.filter(({ at }) => now - at.getTime() > oldestMs).map(({ name, at }) => `${name} ${at.toISOString()}`),
      }),
    );
    const lines = told.stdout.trim().split('\n').slice(1);
    observe({
      subject: 'kubectl top nodes',
      vantage: 'admin workstation',
      expected: `ends with 0, ${names.length} nodes, none unknown`,
      saw: `ends with ${told.code}, ${lines.length} nodes${told.stdout.includes('<unknown>') ? ', some unknown' : ''}${told.code === 0 ? '' : `: ${told.stderr.trim()}`}`,
      held: told.code === 0 && lines.length === names.length && !told.stdout.includes('<unknown>'),
    });
    const pod = await figureOf(context, busy, ({ cores }) => cores >= busyCores.least);
    control({
      subject: `processor time of ${busy.pod}, which takes all of its 0.3`,
      vantage: atApi,
      expected: `${busyCores.least}-${busyCores.most}`,
      saw: pod?.cores.toFixed(2) ?? 'no figure',
      held: pod !== undefined && pod.cores >= busyCores.least && pod.cores <= busyCores.most,
    });
    const itsNode = (await usages(kubernetes, 'nodes', signal)).find(({ name }) => name === node);
    control({
      subject: `processor time of ${node}, on which it runs`,
      vantage: atApi,
      expected: `${busyCores.least} at least`,
      saw: itsNode?.cores.toFixed(2) ?? 'no figure',
      held: itsNode !== undefined && itsNode.cores >= busyCores.least,
    });
  },
  { uses: ['metrics'] },
);

/** What memory-pod.yaml holds, and what the register lets its shell add. */
const held = { least: 128 * 1024 ** 2, most: 160 * 1024 ** 2 };
/** Without the file it has a shell's memory; half of what it held cannot be taken for it. */
const freed = 64 * 1024 ** 2;

check(
  requirements['NET-METRICS-PODS'],
  async (context, { neutral }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'kubectl -n kube-system logs -l k8s-app=metrics-server: of which node are the pods that are missing?');
    const { kubernetes } = cluster;
    const [, { node }] = neutral.pods;
    const memory = await podFrom(context, 'memory-pod', { namespace: neutral.namespace, node });
    const full = await figureOf(context, memory, ({ bytes }) => bytes >= held.least);
    observe({
      subject: `memory of ${memory.pod}, which holds 128 MiB`,
      vantage: atApi,
      expected: '128-160 MiB',
      saw: full === undefined ? 'no figure' : usageText(full),
      held: full !== undefined && full.bytes >= held.least && full.bytes <= held.most,
      ...lateIf(full === undefined || full.bytes < held.least),
    });
    await kubernetes.run(memory, 'rm /held/memory', signal);
    const empty = await figureOf(context, memory, ({ bytes }) => bytes < freed);
    control({
      subject: `memory of ${memory.pod} when it has given that back`,
      vantage: atApi,
      expected: 'below 64 MiB',
      saw: empty === undefined ? 'no figure' : usageText(empty),
      held: empty !== undefined && empty.bytes < freed,
    });

    const before = await someCovered(context);
    const [figures, told] = await Promise.all([
      usages(kubernetes, 'pods', signal),
      cluster.runAsReader(['kubectl', 'top', 'pods', '-A', '--sort-by=memory'], signal),
    ]);
    const after = await coveredPods(cluster);
    const names = figures.map(({ name }) => name);
    const missing = before.filter((name) => after.includes(name) && !names.includes(name));
    observe({
      subject: 'pods that have run for 2 min, without figures',
      vantage: atApi,
      expected: `none of ${before.length}`,
      saw: missing.join(', ') || 'none',
      held: missing.length === 0,
      ...lateIf(missing.length > 0),
    });
    const amounts = told.stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/).at(-1) ?? '');
    const column = amounts.map(quantity);
    observe({
      subject: 'kubectl top pods -A --sort-by=memory',
      vantage: 'admin workstation',
      expected: 'ends with 0, the most memory first',
      saw: `ends with ${told.code}, ${column.length} pods, ${amounts.slice(0, 5).join(', ')} ...${told.code === 0 ? '' : `: ${told.stderr.trim()}`}`,
      held: told.code === 0 && column.length > 1 && column.every((size, index) => index === 0 || size <= (column[index - 1] ?? 0)),
    });
  },
  { deadlineMs: 240_000, uses: ['metrics'] },
);

async function podFrom(
  { changes }: Pick<CheckContext, 'changes'>,
  manifest: string,
  { namespace, node }: { namespace: string; node: string },
): Promise<PodPlace> {
  const pod = `conform-${manifest}-${nonce()}`;
  await changes.createFrom(`${import.meta.dirname}/${manifest}.yaml`, { NAME: pod, NAMESPACE: namespace, NODE: node });
  return { namespace, pod };
}

/** The figure of a pod, asked for until it is as expected or the time is over; then the last one. */
async function figureOf(
  { cluster: { kubernetes }, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  pod: PodPlace,
  isExpected: (usage: Usage) => boolean,
): Promise<Usage | undefined> {
  let last: Usage | undefined;
  try {
    return await until(`figures of ${pod.namespace}/${pod.pod}`, { timeoutMs: patience('figures'), everyMs: 1000, signal }, async () => {
      last = (await usageOfPod(kubernetes, pod, signal)) ?? last;
      return last !== undefined && isExpected(last) ? { done: last } : { notYet: last === undefined ? 'none' : usageText(last) };
    });
  } catch (error) {
    if (error instanceof WaitTimeout) return last;
    throw error;
  }
}

/** As soon as there is one: a cluster that was just made has none yet. */
async function someCovered({ cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>): Promise<string[]> {
  return until('a pod to have run for 2 min', { timeoutMs: coveredMs, everyMs: 2000, signal }, async () => {
    const covered = await coveredPods(cluster);
    return covered.length > 0 ? { done: covered } : { notYet: 'none' };
  });
}

/** Pods all of whose containers have run for longer than the promise's time. */
async function coveredPods({ kubernetes }: Pick<Cluster, 'kubernetes'>): Promise<string[]> {
  const { items } = await kubernetes.core.listPodForAllNamespaces({ fieldSelector: 'status.phase=Running' });
  const since = Date.now() - coveredMs;
  const runs = ({ status }: V1Pod): boolean =>
    (status?.containerStatuses ?? []).every(({ state }) => (state?.running?.startedAt?.getTime() ?? Number.POSITIVE_INFINITY) < since);
  return items
    .filter((pod) => pod.metadata?.deletionTimestamp === undefined && runs(pod))
    .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
}

function usageText({ name, cores, bytes }: Usage): string {
  return `${name} ${cores.toFixed(3)} cores ${(bytes / 1024 ** 2).toFixed(0)} MiB`;
}
