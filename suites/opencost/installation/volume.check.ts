import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../../guide/limits.ts';
import { atApi, equal } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { isReady } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { check } from '../check.ts';
import { opencostPods } from '../cost-api.ts';
import { requirements } from '../requirements.ts';
import { claimText } from '../volumes.ts';

const { readyMs } = promised.opencost;
const { namespace, selector } = opencostPods;
const claimName = 'opencost-pvc';
const vantage = "OpenCost's own container";

check(
  requirements['COST-OC-VOLUME'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => `kubectl -n ${namespace} get pvc,deployment -o yaml: is ${claimName} mounted, and has the pod an fsGroup (E78)?`);
    const { core } = cluster.kubernetes;
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    const claim = items.find(({ metadata }) => metadata?.name === claimName);
    const modes = claim?.spec?.accessModes?.join(', ') ?? 'no claim';
    observe(equal(`claim ${claimName}`, { expected: 'Bound longhorn, asks for 5Gi, has 5Gi', saw: claimText(claim) }));
    observe(equal('its access modes', { expected: 'ReadWriteOnce', saw: modes }));
    const pod = await readyPod(context);
    const mountPath = mountOf(pod);
    observe({
      subject: 'its mount in the exporter',
      vantage: atApi,
      expected: 'a path',
      saw: mountPath ?? 'none',
      held: mountPath !== undefined,
    });
    if (mountPath === undefined) return;
    const name = `conform-${nonce()}`;
    const inContainer = async (of: V1Pod, script: string): Promise<string> =>
      (await cluster.kubernetes.run({ namespace, pod: of.metadata?.name ?? '', container: 'opencost' }, script, signal)).trim();
    const write = (folder: string): string => `(echo ${name} >${folder}/${name}) 2>&1 && echo written`;
    const [written, temporary] = [await inContainer(pod, write(mountPath)), await inContainer(pod, write('/tmp'))];
    observe({
      subject: `a file of its own on the volume at ${mountPath}`,
      vantage,
      expected: 'written',
      saw: written,
      held: written === 'written',
    });
    control(equal('a file of its own in /tmp', { expected: 'written', saw: temporary, vantage }));
    await core.deleteNamespacedPod({ namespace, name: pod.metadata?.name ?? '' });
    const next = await readyPod(context, pod.metadata?.uid);
    const read = (folder: string): string => `cat ${folder}/${name} 2>/dev/null || echo none`;
    const kept = await inContainer(next, read(mountPath));
    observe(equal('the file on the volume in the next pod', { expected: name, saw: kept, vantage }));
    control(equal('the file in /tmp in the next pod', { expected: 'none', saw: await inContainer(next, read('/tmp')), vantage }));
    await inContainer(next, `rm -f ${mountPath}/${name}`);
  },
  { deadlineMs: readyMs + 120_000 },
);

/** A Ready pod of OpenCost, another than the one before. */
async function readyPod({ cluster, signal }: CheckContext, before?: string): Promise<V1Pod> {
  return until('a pod of OpenCost to be Ready', { timeoutMs: readyMs, everyMs: 1000, signal }, async () => {
    const { items } = await cluster.kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
    const ready = items.find((pod) => isReady(pod) && pod.metadata?.deletionTimestamp === undefined && pod.metadata?.uid !== before);
    return ready === undefined ? { notYet: items.map(({ status }) => status?.phase).join(', ') || 'no pod' } : { done: ready };
  });
}

function mountOf({ spec }: V1Pod): string | undefined {
  const volume = spec?.volumes?.find(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claimName);
  const exporter = spec?.containers.find(({ name }) => name === 'opencost');
  return exporter?.volumeMounts?.find(({ name }) => name === volume?.name)?.mountPath;
}
