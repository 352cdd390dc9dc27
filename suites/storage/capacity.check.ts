import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { atApi, equal } from '../../harness/engine/measured.ts';
import { runLabel } from '../../harness/engine/changes/changes.ts';
import { quantity } from '../../harness/platform/kubernetes/quantity.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { type LonghornVolume, conditionOf, longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { workerNames } from '../fixtures/echo-group.ts';
import { inTime } from '../fixtures/in-time.ts';
import { scratchTenant } from '../fixtures/scratch-tenant.ts';
import { gibibyte, platformClaims, schedulableBytes } from './capacity.ts';
import { check } from './check.ts';
import { documentedReplicas, onEach, wholeReplicas } from './replicas.ts';
import { requirements } from './requirements.ts';
import { arrived, makeClaim, podReady, volumeName } from './scratch-volumes.ts';

check(requirements['STOR-CAPACITY'], async ({ cluster, observe, control, hint, signal }) => {
  hint(async () => 'kubectl -n longhorn-system get nodes.longhorn.io -o yaml: storageMaximum and storageReserved of each disk');
  const api = longhorn(cluster.kubernetes, signal);
  const [nodes, volumes, percentage] = await Promise.all([api.nodes(), api.volumes(), api.setting('storage-over-provisioning-percentage')]);
  const percent = Number(percentage);
  const needed = platformClaims.flatMap(({ sizes }) => sizes.map(quantity)).reduce((sum, each) => sum + each, 0);
  for (const name of workerNames(cluster)) {
    const node = nodes.find(({ metadata }) => metadata.name === name);
    const room = node === undefined ? 0 : schedulableBytes(node, percent);
    observe({
      subject: `room for replicas on ${name}`,
      vantage: atApi,
      expected: `at least ${needed / gibibyte} GiB`,
      saw: `${(room / gibibyte).toFixed(1)} GiB`,
      held: room >= needed,
    });
  }
  const platform = volumes.filter(({ status }) =>
    platformClaims.some(({ namespace }) => namespace === status?.kubernetesStatus?.namespace),
  );
  for (const { status } of platform)
    observe(
      equal(`whether all replicas of claim ${claimText(status)} have a place`, {
        expected: 'True',
        saw: conditionOf(status?.conditions, 'Scheduled'),
      }),
    );
  const others = cluster.documented.nodes.filter(({ role }) => role !== 'worker').map(({ name }) => name);
  for (const name of others) {
    const node = nodes.find(({ metadata }) => metadata.name === name);
    const room = node === undefined ? 0 : schedulableBytes(node, percent);
    control(equal(`room for replicas on ${name}`, { expected: '0.0 GiB', saw: `${(room / gibibyte).toFixed(1)} GiB` }));
  }
});

function claimText(status: LonghornVolume['status']): string {
  const { namespace, pvcName } = status?.kubernetesStatus ?? {};
  return `${namespace}/${pvcName}`;
}

check(requirements['STOR-PLATFORM-VOLUMES'], async (context) => {
  const { cluster, observe, control, hint, signal } = context;
  hint(async () => 'kubectl get pvc -A; kubectl -n longhorn-system get volumes.longhorn.io,replicas.longhorn.io -o wide');
  const api = longhorn(cluster.kubernetes, signal);
  for (const { namespace, sizes } of platformClaims) {
    const claims = await livingClaims(context, namespace);
    const expected = sizes.map((size) => `${size} longhorn ReadWriteOnce Bound`);
    observe(equal(`claims of ${namespace}`, { expected, saw: claims.map(claimSeen) }));
    for (const { metadata, spec } of claims.filter((each) => each.spec?.storageClassName === 'longhorn')) {
      const volume = spec?.volumeName === undefined ? undefined : await api.volume(spec.volumeName);
      const name = `${namespace}/${metadata?.name}`;
      observe(equal(`robustness of ${name}`, { expected: 'healthy', saw: volume?.status?.robustness ?? 'no volume' }));
      const replicas = spec?.volumeName === undefined ? [] : await api.replicas(spec.volumeName);
      const running = replicas
        .filter(({ status }) => status?.currentState === 'running')
        .map((replica) => replica.spec.nodeID ?? 'no node');
      observe(equal(`workers of the running replicas of ${name}`, { expected: workerNames(cluster), saw: running }));
    }
  }
  // The guide gives this namespace none: the same reader tells one namespace from another.
  control(equal('claims of kube-system', { expected: [], saw: (await livingClaims(context, 'kube-system')).map(claimSeen) }));
});

/** Those that are no run's own. */
async function livingClaims({ cluster }: CheckContext, namespace: string): Promise<V1PersistentVolumeClaim[]> {
  return (await cluster.kubernetes.core.listNamespacedPersistentVolumeClaim({ namespace, labelSelector: `!${runLabel}` })).items;
}

function claimSeen({ spec, status }: V1PersistentVolumeClaim): string {
  return `${spec?.resources?.requests?.['storage']} ${spec?.storageClassName} ${(spec?.accessModes ?? []).join('+')} ${status?.phase}`;
}

/** What a tenant may claim, in the largest steps that its limits allow (guide: Step 6, Tenant Namespace Isolation Template). */
const quotaFilled = { first: '20Gi', second: '20Gi', third: '10Gi' };

check(
  requirements['STOR-QUOTA-BACKED'],
  async (context, { heldVolume }) => {
    const { cluster, changes, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl -n longhorn-system get volumes.longhorn.io -o yaml: condition Scheduled; nodes.longhorn.io: storageScheduled of each disk',
    );
    const held = arrived(context, 'a volume of the class', heldVolume);
    if (held === undefined) return;
    const { namespace } = await scratchTenant(context);
    for (const [claim, size] of Object.entries(quotaFilled)) await makeClaim(context, { namespace, claim }, { size });
    const [node = ''] = workerNames(cluster);
    await changes.createFrom(`${import.meta.dirname}/quota-pod.yaml`, { NAMESPACE: namespace, NODE: node });
    const pod = { namespace, pod: 'holds-all' };
    const all = arrived(
      context,
      "a pod with all that a tenant's quota grants",
      await inTime(async () => {
        await podReady(context, pod);
        return pod;
      }),
    );
    if (all === undefined) return;
    const api = longhorn(cluster.kubernetes, signal);
    for (const [claim, size] of Object.entries(quotaFilled)) {
      const volume = await volumeName(context, { namespace, claim });
      const seen = await wholeReplicas(context, volume, { count: documentedReplicas, timeoutMs: promised.storage.replicasHealthyMs });
      observe(onEach(`workers with a whole replica of claim ${claim} of ${size}`, workerNames(cluster), seen));
      const scheduled = conditionOf((await api.volume(volume))?.status?.conditions, 'Scheduled');
      observe(equal(`whether all replicas of claim ${claim} have a place`, { expected: 'True', saw: scheduled }));
    }
    const own = (await api.volume(held.volume))?.status?.robustness ?? 'gone';
    control(equal('robustness of a volume beside them', { expected: 'healthy', saw: own }));
  },
  // What others claim at the same time would take the room that is measured.
  { changes: ['longhorn'], deadlineMs: 720_000 },
);
