import { promised } from '../../guide/limits.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { equal, lateIf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { check } from './check.ts';
import { type Writing, longestGapMs, lostNumbers, startWriter, stopWriter, writesOn } from './numbers.ts';
import { readPattern, writePattern } from './pattern.ts';
import { degraded, documentedReplicas, onEach, readFromEach, wholeReplicas, wholeOn, workersForLoss } from './replicas.ts';
import { requirements } from './requirements.ts';
import { type ClaimPlace, arrived, detached, mountedOn, newClaim, podReady, removePod, volumeName } from './scratch-volumes.ts';

const { writeGapMs, rebuiltMs, replicasHealthyMs, sharedGapMs } = promised.storage;
const numbers = 'numbers';
const pattern = { file: 'pattern', mebibytes: 16 };
const numbersToSee = 25;

/** A volume with a writer, whole on three workers. */
interface Scene extends ClaimPlace {
  readonly volume: string;
  readonly writer: PodPlace;
  readonly digest: string;
}

/** Undefined where the volume does not come to that; then this is observed, and nothing is lost for it. */
async function sceneOn(context: CheckContext, node: string): Promise<Scene | undefined> {
  const { cluster, observe } = context;
  const place = await newClaim(context);
  const writer = await startWriter(context, place, { node, file: numbers });
  const ready = await inTime(() => podReady(context, writer));
  if (arrived(context, 'a volume with a writer', ready.kind === 'done' ? { kind: 'done', value: writer } : ready) === undefined)
    return undefined;
  const volume = await volumeName(context, place);
  const seen = await wholeReplicas(context, volume, { count: documentedReplicas, timeoutMs: replicasHealthyMs });
  observe(onEach('workers with a whole replica before', workerNames(cluster), seen));
  if (seen.kind === 'late' || new Set(seen.value).size < documentedReplicas) return undefined;
  const digest = await writePattern(context, writer, pattern);
  await writesOn(context, writer, { more: numbersToSee, timeoutMs: patience('effect') });
  return { ...place, volume, writer, digest };
}

function gap(subject: string, writing: Writing, limitMs: number): Measured {
  const longest = longestGapMs(writing);
  return {
    subject,
    vantage: 'pod that writes',
    expected: `at most ${limitMs / 1000} s`,
    saw: `${(longest / 1000).toFixed(1)} s, of ${writing.acknowledged.length} acknowledged writes`,
    held: longest <= limitMs && writing.acknowledged.length > 0,
  };
}

async function lostOf({ cluster, signal }: CheckContext, pod: PodPlace, file: string, writing: Writing): Promise<Measured> {
  const text = await cluster.kubernetes.run(pod, `cat /data/${file} 2>&1`, signal);
  const lost = lostNumbers(writing, text);
  return {
    subject: 'acknowledged writes that are not read back',
    vantage: 'pod on another worker',
    expected: 'none',
    saw: lost.length === 0 ? 'none' : `${lost.length} of ${writing.acknowledged.length}, first ${lost[0]}`,
    held: lost.length === 0 && writing.acknowledged.length > 0,
  };
}

check(
  requirements['STOR-NODE-LOSS-DATA'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get volumes.longhorn.io,engines.longhorn.io,replicas.longhorn.io -o wide; kubectl get volumeattachments',
    );
    const { lost, staying } = await workersForLoss(context);
    const [one, other] = staying;
    const scene = await sceneOn(context, one);
    if (scene === undefined) return;
    await changes.cutPower(lost, cluster.power(lost, 'off'), signal);
    const noticed = await inTime(() => degraded(context, scene.volume));
    observe({
      subject: `robustness without ${lost}`,
      vantage: 'Kubernetes API',
      expected: 'degraded',
      saw: noticed.kind === 'done' ? noticed.value : noticed.text,
      held: noticed.kind === 'done',
      ...lateIf(noticed.kind === 'late'),
    });
    arrived(
      context,
      'further acknowledged writes',
      await inTime(() => writesOn(context, scene.writer, { more: numbersToSee, timeoutMs: writeGapMs + patience('effect') })),
    );
    control(equal(`workers whose replica serves without ${lost}`, { expected: staying, saw: await wholeOn(context, scene.volume) }));
    const writing = await stopWriter(context, scene.writer);
    observe(gap('longest time without an acknowledged write', writing, writeGapMs));
    await removePod(context, scene.writer);
    const reader = arrived(context, `the volume on ${other}`, await mountedOn(context, scene, other));
    if (reader === undefined) return;
    observe(await lostOf(context, reader, numbers, writing));
    observe(
      equal('checksum of earlier data', {
        expected: scene.digest,
        saw: await readPattern(context, reader, pattern.file),
        vantage: `pod on ${other}`,
      }),
    );
  },
  { uses: ['longhorn'], changes: ['node-power'], deadlineMs: 900_000 },
);

check(
  requirements['STOR-REBUILD'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get replicas.longhorn.io,engines.longhorn.io -o yaml: replicaModeMap, failedAt; nodes.longhorn.io of the lost worker',
    );
    const { lost, staying } = await workersForLoss(context);
    const scene = await sceneOn(context, staying[0]);
    if (scene === undefined) return;
    await changes.cutPower(lost, cluster.power(lost, 'off'), signal);
    if (arrived(context, 'a degraded volume', await inTime(() => degraded(context, scene.volume))) === undefined) return;
    const meanwhile = { file: 'meanwhile', mebibytes: 32 };
    const digest = await writePattern(context, scene.writer, meanwhile);
    control(equal(`workers whose replica serves without ${lost}`, { expected: staying, saw: await wholeOn(context, scene.volume) }));
    const { run } = cluster.power(lost, 'on');
    await changes.command({ what: `power on ${lost}`, run, undo: run }, signal);
    const seen = await wholeReplicas(context, scene.volume, { count: documentedReplicas, timeoutMs: rebuiltMs });
    observe(onEach(`workers with a whole replica after the return of ${lost}`, workerNames(cluster), seen));
    const writing = await stopWriter(context, scene.writer);
    observe(gap('longest time without an acknowledged write, loss and rebuild included', writing, writeGapMs));
    if (seen.kind === 'late') return;
    await removePod(context, scene.writer);
    await detached(context, scene.volume);
    await readFromEach(context, scene, { volume: scene.volume, file: meanwhile.file, digest, of: [lost] });
  },
  { uses: ['longhorn'], changes: ['node-power'], deadlineMs: 1_800_000 },
);

check(
  requirements['STOR-RWX-FAILOVER'],
  async (context) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get sharemanagers.longhorn.io -o yaml; kubectl -n longhorn-system get pods -l longhorn.io/component=share-manager -o wide',
    );
    const place = await newClaim(context, { mode: 'ReadWriteMany' });
    const [first = ''] = workerNames(cluster);
    const reader = arrived(context, 'a shared volume', await mountedOn(context, place, first));
    if (reader === undefined) return;
    const [volume, digest] = [await volumeName(context, place), await writePattern(context, reader, pattern)];
    const lost = await shareManagerNode(context, volume);
    const staying = workerNames(cluster).filter((name) => name !== lost);
    const writers = await Promise.all(staying.map((node) => startWriter(context, place, { node, file: `${numbers}-${node}` })));
    for (const writer of writers) await podReady(context, writer);
    for (const writer of writers) await writesOn(context, writer, { more: numbersToSee, timeoutMs: patience('effect') });
    control(equal('node of the share manager before', { expected: lost, saw: await shareManagerNode(context, volume) }));
    await changes.cutPower(lost, cluster.power(lost, 'off'), signal);
    const after = await Promise.all(
      writers.map((writer) => inTime(() => writesOn(context, writer, { more: numbersToSee, timeoutMs: sharedGapMs + patience('effect') }))),
    );
    for (const [index, result] of after.entries()) arrived(context, `further acknowledged writes on ${staying[index]}`, result);
    if (after.some(({ kind }) => kind === 'late')) return;
    for (const [index, writer] of writers.entries()) {
      const node = staying[index] ?? '';
      const writing = await stopWriter(context, writer);
      observe({ ...gap(`longest time without an acknowledged write on ${node}`, writing, sharedGapMs) });
      const other = writers[(index + 1) % writers.length] ?? writer;
      const lostWrites = await lostOf(context, other, `${numbers}-${node}`, writing);
      observe({ ...lostWrites, subject: `acknowledged writes of ${node} that are not read back` });
      observe(
        equal(`checksum of earlier data on ${node}`, {
          expected: digest,
          saw: await readPattern(context, writer, pattern.file),
          vantage: `pod on ${node}`,
        }),
      );
    }
    const now = await shareManagerNode(context, volume);
    observe({
      subject: 'node of the share manager afterwards',
      vantage: 'Kubernetes API',
      expected: `not ${lost}`,
      saw: now,
      held: now !== lost && now !== '',
    });
  },
  { uses: ['longhorn'], changes: ['node-power'], deadlineMs: 1_200_000 },
);

/** The pod of a volume's share manager is named after it (longhorn-manager v1.10: types.GetShareManagerPodNameFromShareManagerName). */
async function shareManagerNode({ cluster }: CheckContext, volume: string): Promise<string> {
  const { items } = await cluster.kubernetes.core.listNamespacedPod({
    namespace: 'longhorn-system',
    labelSelector: `longhorn.io/share-manager=${volume}`,
  });
  const [pod] = items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  return pod?.spec?.nodeName ?? '';
}
