import { promised } from '../../guide/limits.ts';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { anAddress } from '../fixtures/allocation.ts';
import { check } from '../fixtures/check.ts';
import { inTime } from '../fixtures/in-time.ts';
import { type Kubernetes, isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { allocation } from '../../harness/platform/metallb/load-balancer.ts';
import { atApi, equal, lateIf } from '../../harness/engine/measured.ts';
import { answerInTime } from '../../harness/probe/first-answer.ts';
import { until } from '../../harness/engine/waiting.ts';
import { requirements } from './requirements.ts';

/** Guide, OPT-7. */
const dedicated = { node: 'w01', key: 'dedicated', value: 'platform', effect: 'NoSchedule' };
const { speakerBackMs, addressAssignedMs, addressAnswersMs } = promised.network;

check(requirements['NET-OPT7-SPEAKER'], async ({ cluster, changes, observe, control, hint, signal }) => {
  hint(
    async () =>
      `kubectl -n metallb-system get daemonset speaker -o jsonpath='{.spec.template.spec.tolerations}': is ${dedicated.key}=${dedicated.value} among them (E51)?`,
  );
  const { kubernetes } = cluster;
  const { spec } = await kubernetes.core.readNode({ name: dedicated.node });
  const taints = (spec?.taints ?? []).map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`);
  control({
    subject: `taints of ${dedicated.node}`,
    vantage: atApi,
    expected: `with ${dedicated.key}=${dedicated.value}:${dedicated.effect}`,
    saw: taints.join(', ') || 'none',
    held: taints.includes(`${dedicated.key}=${dedicated.value}:${dedicated.effect}`),
  });

  const before = await speakersOn(kubernetes, dedicated.node);
  await Promise.all(
    before.map(({ name }) => kubernetes.core.deleteNamespacedPod({ namespace: 'metallb-system', name, gracePeriodSeconds: 0 })),
  );
  const back = await inTime(() =>
    until(`a Ready speaker on ${dedicated.node}`, { timeoutMs: speakerBackMs, everyMs: 1000, signal }, async () => {
      const speakers = await speakersOn(kubernetes, dedicated.node);
      const anew = speakers.find(({ name, ready }) => ready && before.every((each) => each.name !== name));
      return anew === undefined ? { notYet: speakers.map(({ name }) => name).join(', ') || 'none' } : { done: anew.name };
    }),
  );
  observe({
    subject: `speaker on ${dedicated.node} after a restart`,
    vantage: atApi,
    expected: `another pod, Ready within ${speakerBackMs / 1000} s`,
    saw: back.kind === 'done' ? back.value : back.text,
    held: back.kind === 'done',
    ...lateIf(back.kind === 'late'),
  });

  const run = nonce();
  const namespace = `conform-dedicated-${run}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await changes.createFrom(`${import.meta.dirname}/dedicated-worker.yaml`, { NAMESPACE: namespace, NODE: dedicated.node });
  const given = await allocation(kubernetes, { namespace, name: 'local' }, { timeoutMs: addressAssignedMs, signal });
  observe({
    key: `address of a Service with its only endpoint on ${dedicated.node}`,
    ...anAddress(`address of a Service with its only endpoint on ${dedicated.node}`, given),
  });
  if (given.kind === 'given') {
    const url = `http://${given.address}/hostname`;
    const first = await answerInTime(
      cluster,
      {
        subject: `first answer of ${url}, which ${dedicated.node} alone can announce`,
        from: { host: 'outsider' },
        to: { kind: 'http', url },
      },
      { timeoutMs: addressAnswersMs, signal },
    );
    observe({ ...first, key: `first answer at an address that ${dedicated.node} alone can announce` });
  }

  const refused = await until('the scheduler to decide', { timeoutMs: patience('effect'), everyMs: 1000, signal }, async () => {
    const { status } = await kubernetes.core.readNamespacedPod({ namespace, name: 'tenant' });
    const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
    return scheduled === undefined ? { notYet: 'no condition PodScheduled' } : { done: scheduled };
  });
  control(
    equal(`a pod that may run on ${dedicated.node} alone, without the toleration`, {
      expected: 'not scheduled',
      saw:
        refused.status === 'False' && (refused.message ?? '').includes('taint')
          ? 'not scheduled'
          : `${refused.status} ${refused.message ?? ''}`,
    }),
  );
});

async function speakersOn(kubernetes: Kubernetes, node: string): Promise<{ name: string; ready: boolean }[]> {
  const { items } = await kubernetes.core.listNamespacedPod({
    namespace: 'metallb-system',
    labelSelector: 'component=speaker',
    fieldSelector: `spec.nodeName=${node}`,
  });
  return items.map((pod) => ({ name: pod.metadata?.name ?? '', ready: isReady(pod) }));
}
