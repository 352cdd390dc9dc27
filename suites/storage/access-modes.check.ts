import { promised } from '../../guide/limits.ts';
import { atApi, equal, lateIf } from '../../harness/engine/measured.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { requirements } from './requirements.ts';
import { type ClaimPlace, allArrived, arrived, mountedOn, newClaim, podReady, removePod, startPod, volumeName } from './scratch-volumes.ts';

const { secondNodeRefusedMs, secondNodeServedMs, sharedDataSeenMs } = promised.storage;

check(
  requirements['STOR-RWO'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint } = context;
    hint(async () => 'kubectl get volumeattachments; kubectl describe pod: which access mode has the claim?');
    if (arrived(context, 'a volume of the class', heldVolume) === undefined) return;
    const [one = '', other = ''] = workerNames(cluster);
    const place = await newClaim(context);
    const first = arrived(context, `a pod with a volume on ${one}`, await mountedOn(context, place, one));
    if (first === undefined) return;
    const beside = await startPod(context, place, { node: one, name: 'beside' });
    const shared = await inTime(() => podReady(context, beside));
    control(equal('a second pod on the same node', { expected: 'Ready', saw: shared.kind === 'done' ? 'Ready' : shared.text }));
    const second = await startPod(context, place, { node: other });
    const early = await inTime(() => podReady(context, second, secondNodeRefusedMs));
    const reason = await whyNot(context, second);
    observe({
      subject: `a pod on ${other} while the volume is on ${one}`,
      vantage: atApi,
      expected: `not Ready for ${secondNodeRefusedMs / 1000} s, with an event Multi-Attach`,
      saw: early.kind === 'done' ? 'Ready' : `not Ready: ${reason || 'no event'}`,
      held: early.kind === 'late' && /multi-attach/i.test(reason),
    });
    for (const pod of [first, beside]) await removePod(context, pod);
    const late = await inTime(() => podReady(context, second, secondNodeServedMs));
    observe({
      subject: `the same pod after those on ${one} have gone`,
      vantage: atApi,
      expected: `Ready within ${secondNodeServedMs / 1000} s`,
      saw: late.kind === 'done' ? 'Ready' : late.text,
      held: late.kind === 'done',
      ...lateIf(late.kind === 'late'),
    });
  },
  { uses: ['longhorn'], deadlineMs: 720_000 },
);

/** The messages of a pod's warnings. */
async function whyNot({ cluster }: CheckContext, { namespace, pod }: PodPlace): Promise<string> {
  const { items } = await cluster.kubernetes.core.listNamespacedEvent({ namespace, fieldSelector: `involvedObject.name=${pod}` });
  return items
    .filter(({ type }) => type === 'Warning')
    .map(({ message }) => message ?? '')
    .join('; ');
}

check(
  requirements['STOR-RWX'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get sharemanagers.longhorn.io,pods -l longhorn.io/component=share-manager; kubectl describe pod',
    );
    const held = arrived(context, 'a volume of the class', heldVolume);
    if (held === undefined) return;
    const place = await newClaim(context, { mode: 'ReadWriteMany' });
    const workers = workerNames(cluster);
    const results = await Promise.all(workers.map((node) => mountedOn(context, place, node)));
    const pods = allArrived(context, 'a pod with the shared volume on each worker', results);
    if (pods === undefined) return;
    const lines = workers.map((node) => `${node}-${nonce()}`);
    await Promise.all(pods.map((pod, index) => cluster.kubernetes.run(pod, `echo ${lines[index]} >>/data/lines && sync`, signal)));
    for (const [index, node] of workers.entries()) {
      const pod = pods[index];
      const seen = pod === undefined ? 'no pod' : await seenBy(context, pod, lines);
      observe({
        subject: `lines of all three that the pod on ${node} reads`,
        vantage: `pod on ${node}`,
        expected: `all within ${sharedDataSeenMs / 1000} s`,
        saw: seen,
        held: seen === 'all',
        ...lateIf(seen !== 'all'),
      });
    }
    await sharedByNetwork(context, place, pods);
    const own = await mountSource(context, held.pod);
    control({
      subject: 'source of the mount of a volume for one node',
      vantage: `pod on ${held.node}`,
      expected: 'a device',
      saw: own,
      held: own.startsWith('/dev/'),
    });
  },
  { uses: ['longhorn'], deadlineMs: 720_000 },
);

async function seenBy({ cluster, signal }: CheckContext, pod: PodPlace, lines: readonly string[]): Promise<string> {
  const seen = await inTime(() =>
    until('all lines', { timeoutMs: sharedDataSeenMs, everyMs: 250, signal }, async () => {
      const text = await cluster.kubernetes.run(pod, 'cat /data/lines 2>&1', signal);
      const missing = lines.filter((line) => !text.includes(line));
      return missing.length === 0 ? { done: 'all' } : { notYet: `without ${missing.map((line) => line.split('-')[0]).join(', ')}` };
    }),
  );
  return seen.kind === 'done' ? seen.value : seen.text;
}

/** What is mounted at /data, as the pod's own kernel tells it. */
async function mountSource({ cluster, signal }: CheckContext, pod: PodPlace): Promise<string> {
  return (await cluster.kubernetes.run(pod, 'awk \'$2 == "/data" {print $1}\' /proc/mounts', signal)).trim();
}

/** All pods have the share of the volume's share manager mounted, and not the device. */
async function sharedByNetwork(context: CheckContext, place: ClaimPlace, pods: readonly PodPlace[]): Promise<void> {
  const { cluster, observe, signal } = context;
  const { status } = (await longhorn(cluster.kubernetes, signal).volume(await volumeName(context, place))) ?? {};
  observe(equal('state of the share manager', { expected: 'running', saw: status?.shareState ?? 'none' }));
  const host = /^nfs:\/\/([^/]+)\//.exec(status?.shareEndpoint ?? '')?.[1] ?? 'no endpoint';
  const sources = await Promise.all(pods.map((pod) => mountSource(context, pod)));
  observe({
    key: 'sources of the mounts',
    subject: 'sources of the mounts in the pods',
    vantage: 'pod on each worker',
    expected: `the share at ${host}`,
    saw: [...new Set(sources)].join(', '),
    held: sources.every((source) => source.startsWith(`${host}:`)),
  });
}
