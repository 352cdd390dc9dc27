import { promised } from '../../guide/limits.ts';
import { equal } from '../../harness/engine/measured.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { check } from './check.ts';
import type { HeldVolume } from './held-volumes.ts';
import { readPattern, writePattern } from './pattern.ts';
import { documentedReplicas, onEach, readFromEach, wholeReplicas, wholeOn } from './replicas.ts';
import { requirements } from './requirements.ts';
import { arrived, detached, mountedOn, newClaim, removePod, volumeName } from './scratch-volumes.ts';

const { replicasHealthyMs } = promised.storage;

check(
  requirements['STOR-REPLICAS-SPREAD'],
  async (context, { heldVolume, otherVolume }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get replicas.longhorn.io -o wide; kubectl -n longhorn-system get settings.longhorn.io replica-soft-anti-affinity; kubectl -n longhorn-system get nodes.longhorn.io',
    );
    const held = arrived(context, 'a volume of the class', heldVolume);
    const other = arrived(context, 'a volume of a class with one replica', otherVolume);
    if (held === undefined || other === undefined) return;
    const workers = workerNames(cluster);
    const seen = await wholeReplicas(context, held.volume, { count: documentedReplicas, timeoutMs: replicasHealthyMs });
    observe(onEach('workers with a whole replica of a new volume', workers, seen));
    const { status } = (await longhorn(cluster.kubernetes, signal).volume(held.volume)) ?? {};
    observe(equal('robustness that Longhorn tells', { expected: 'healthy', saw: status?.robustness ?? 'gone' }));
    observe(grown('workers whose replica grew by what was written', held, workers));
    const [only = 'none'] = await wholeOn(context, other.volume);
    control(grown('workers whose replica grew, of a class with one', other, [only]));
  },
  { uses: ['longhorn'], deadlineMs: 720_000 },
);

/** A replica's data are on the disk of its worker: what the folders grew by is what was written, and nothing elsewhere. */
function grown(subject: string, { written: { folders, mebibytes } }: HeldVolume, workers: readonly string[]): Measured {
  const least = mebibytes * 1024;
  const saw = [...folders].filter(([, kib]) => kib >= least).map(([node]) => node);
  const expected = workers.toSorted().join(', ');
  return {
    subject,
    vantage: 'pod on each worker',
    expected,
    saw: saw.toSorted().join(', ') || 'none',
    held: saw.toSorted().join(', ') === expected,
    raw: JSON.stringify(Object.fromEntries(folders)),
  };
}

const pattern = { file: 'pattern', mebibytes: 32 };

check(
  requirements['STOR-REPLICAS-SAME-DATA'],
  async (context, { heldVolume }) => {
    const { cluster, observe, control, hint } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get replicas.longhorn.io -o yaml; on each worker: replicas/<volume>/volume-head-*.img below the data path',
    );
    const held = arrived(context, 'a volume of the class', heldVolume);
    if (held === undefined) return;
    const [one = '', ...others] = workerNames(cluster);
    const place = await newClaim(context);
    const pod = arrived(context, 'a volume to write to', await mountedOn(context, place, one));
    if (pod === undefined) return;
    const volume = await volumeName(context, place);
    const whole = await wholeReplicas(context, volume, { count: documentedReplicas, timeoutMs: replicasHealthyMs });
    observe(onEach('workers with a whole replica before', [one, ...others], whole));
    if (whole.kind === 'late') return;
    const digest = await writePattern(context, pod, pattern);
    const elsewhere = await readPattern(context, held.pod, pattern.file);
    const isOther = elsewhere !== digest && elsewhere === held.written.digest;
    control(equal('the same file of another volume', { expected: 'its own data', saw: isOther ? 'its own data' : elsewhere }));
    await removePod(context, pod);
    await detached(context, volume);
    await readFromEach(context, place, { volume, file: pattern.file, digest, of: [...new Set(whole.value)] });
  },
  { uses: ['longhorn'], deadlineMs: 900_000 },
);
