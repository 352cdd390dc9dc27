import { equal } from '../../harness/engine/measured.ts';
import { longhorn } from '../../harness/platform/longhorn/longhorn.ts';
import { check } from './check.ts';
import { replicaCount } from './replica-count.ts';
import { documentedReplicas } from './replicas.ts';
import { requirements } from './requirements.ts';
import { arrived, guideClass } from './scratch-volumes.ts';

/** As the kernel tells it of a mounted file system (statfs(2)): the magic of the superblock. */
const magic = { xfs: '58465342', ext4: 'ef53' };

check(
  requirements['STOR-CLASS-XFS'],
  async (context, { heldVolume, otherVolume }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'kubectl get storageclass longhorn -o yaml: parameter fsType');
    const { parameters } = await cluster.kubernetes.storage.readStorageClass({ name: guideClass });
    observe(equal('parameter fsType of the class', { expected: 'xfs', saw: parameters?.['fsType'] ?? 'none' }));
    const held = arrived(context, 'a volume of the class', heldVolume);
    const other = arrived(context, 'a volume of a class with ext4', otherVolume);
    if (held === undefined || other === undefined) return;
    const script = 'stat -f -c %t /data; awk \'$2 == "/data" {print $3}\' /proc/mounts';
    const vantage = 'pod with the volume';
    const [own, others] = await Promise.all(
      [held.pod, other.pod].map(async (pod) => (await cluster.kubernetes.run(pod, script, signal)).trim().split('\n')),
    );
    observe(equal('magic of the file system and type of the mount', { expected: [magic.xfs, 'xfs'], saw: own ?? [], vantage }));
    control(equal('the same of a class with ext4', { expected: [magic.ext4, 'ext4'], saw: others ?? [], vantage }));
  },
  { uses: ['longhorn'], deadlineMs: 480_000 },
);

check(
  requirements['STOR-CLASS-REPLICAS'],
  async (context, { heldVolume, otherVolume }) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(
      async () => 'kubectl -n longhorn-system get configmap longhorn-default-setting -o yaml; kubectl get storageclass longhorn -o yaml',
    );
    const count = String(documentedReplicas);
    const { parameters } = await cluster.kubernetes.storage.readStorageClass({ name: guideClass });
    observe(equal('parameter numberOfReplicas of the class', { expected: count, saw: parameters?.['numberOfReplicas'] ?? 'none' }));
    const api = longhorn(cluster.kubernetes, signal);
    observe(equal("Longhorn's own default", { expected: count, saw: replicaCount(await api.setting('default-replica-count')) }));
    const place = { namespace: 'longhorn-system', name: 'longhorn-default-setting' };
    const { data } = await cluster.kubernetes.core.readNamespacedConfigMap(place);
    const asked = /^default-replica-count:\s*(\S+)/m.exec(data?.['default-setting.yaml'] ?? '')?.[1];
    observe(equal('default that the installation asks for', { expected: count, saw: asked === undefined ? 'none' : replicaCount(asked) }));
    if (heldVolume.kind === 'late' || otherVolume.kind === 'late') return;
    const replicasOf = async (volume: string): Promise<string> => String((await api.replicas(volume)).length);
    observe(equal('replicas of a new volume', { expected: count, saw: await replicasOf(heldVolume.value.volume) }));
    control(
      equal('replicas of a new volume of a class that asks for one', { expected: '1', saw: await replicasOf(otherVolume.value.volume) }),
    );
  },
  { uses: ['longhorn'], deadlineMs: 480_000 },
);
