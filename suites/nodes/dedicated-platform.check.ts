import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { check } from '../fixtures/check.ts';
import { cameInTime, inTime } from '../fixtures/in-time.ts';
import { requirements } from './requirements.ts';

/** Guide, OPT-7. */
const dedicated = { node: 'w01', key: 'dedicated' };
/** What the option puts on the dedicated worker; agents are on every node anyway. */
const platform = ['canine', 'opencost'];
/** Agents that the worker keeps: where they are missing it has neither replicas nor a speaker. */
const agents = [
  { namespace: 'longhorn-system', labelSelector: 'app=longhorn-manager' },
  { namespace: 'metallb-system', labelSelector: 'component=speaker' },
];

check(
  requirements['NODE-OPT7-PLATFORM'],
  async (context) => {
    const { cluster, observe, control, hint } = context;
    hint(async () => 'kubectl -n longhorn-system get daemonset longhorn-manager -o yaml: does it tolerate dedicated=platform (E51)?');
    const { kubernetes } = cluster;
    for (const namespace of platform) {
      const { items } = await kubernetes.core.listNamespacedPod({ namespace });
      const elsewhere = items
        .filter(({ spec }) => spec?.nodeName !== dedicated.node)
        .map(({ metadata, spec }) => `${metadata?.name} on ${spec?.nodeName ?? 'no node'}`);
      const ready = items.filter(isReady).length;
      observe({
        key: `Ready pods of ${namespace}`,
        subject: `Ready pods of ${namespace}`,
        vantage: atApi,
        expected: 'at least one',
        saw: String(ready),
        held: ready > 0,
      });
      observe(noneOf(`pods of ${namespace} that are not on ${dedicated.node}`, { saw: elsewhere }));
    }
    for (const agent of agents) await comesBack(context, agent);
    const nodes = await replicaNodes(context);
    observe({
      subject: 'nodes of the replicas of a new volume',
      vantage: atApi,
      expected: `with ${dedicated.node}`,
      saw: nodes.join(', ') || 'none',
      held: nodes.includes(dedicated.node),
    });
    const { spec } = await kubernetes.core.readNode({ name: dedicated.node });
    const taints = (spec?.taints ?? []).filter(({ key }) => key === dedicated.key).map(({ effect }) => effect);
    control(equal(`taints ${dedicated.key} of ${dedicated.node}`, { expected: ['NoSchedule'], saw: taints }));
  },
  { changes: ['longhorn', 'address-pools'], deadlineMs: 420_000 },
);

/** Deletes the agent's pod on the worker; the taint keeps a pod away only when it is made. */
async function comesBack({ cluster, observe, signal }: CheckContext, agent: (typeof agents)[number]): Promise<void> {
  const { kubernetes } = cluster;
  const there = async () => (await kubernetes.core.listNamespacedPod({ ...agent, fieldSelector: `spec.nodeName=${dedicated.node}` })).items;
  const before = await there();
  await Promise.all(
    before.map(({ metadata }) => kubernetes.core.deleteNamespacedPod({ namespace: agent.namespace, name: metadata?.name ?? '' })),
  );
  const came = await inTime(async () =>
    until(
      `an agent ${agent.labelSelector} on ${dedicated.node}`,
      { timeoutMs: patience('agentsRestarted'), everyMs: 1000, signal },
      async () => {
        const anew = (await there()).find((pod) => isReady(pod) && before.every(({ metadata }) => metadata?.uid !== pod.metadata?.uid));
        return anew === undefined ? { notYet: 'none is Ready' } : { done: 'Ready' };
      },
    ),
  );
  observe(
    cameInTime(`agent ${agent.labelSelector} on ${dedicated.node}, made anew`, came, {
      vantage: atApi,
      expected: 'Ready',
      saw: (text) => text,
    }),
  );
}

interface Replica {
  readonly spec?: { readonly volumeName?: string; readonly nodeID?: string };
}

async function replicaNodes({ cluster, changes, signal }: CheckContext): Promise<string[]> {
  const name = `conform-dedicated-${nonce()}`;
  await changes.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: { storageClassName: 'longhorn', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  } as Parameters<CheckContext['changes']['create']>[0]);
  const volume = await until('the claim to be bound', { timeoutMs: patience('podReady'), everyMs: 1000, signal }, async () => {
    const { spec } = await cluster.kubernetes.core.readNamespacedPersistentVolumeClaim({ namespace: 'default', name });
    return spec?.volumeName === undefined ? { notYet: 'not bound' } : { done: spec.volumeName };
  });
  const { items } = await cluster.kubernetes.objects.list('longhorn.io/v1beta2', 'Replica', 'longhorn-system');
  return items.flatMap((each) => {
    const { spec } = each as Replica;
    return spec?.volumeName === volume && spec.nodeID !== undefined ? [spec.nodeID] : [];
  });
}
