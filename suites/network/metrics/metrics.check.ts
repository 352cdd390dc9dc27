import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1APIService, V1Deployment, V1Pod, V1ReplicaSet } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import type { PodPlace } from '../../../harness/platform/kubernetes/kubernetes.ts';
import { neutral } from '../../fixtures/groups.ts';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import { supports } from './metrics-releases.ts';
import { requirements } from '../requirements.ts';
import { type Usage, usageOfPod, usages } from './resource-metrics.ts';
import { runningVersions } from '../running-versions.ts';

const place = { namespace: 'kube-system', selector: 'k8s-app=metrics-server', container: 'metrics-server' };
/** A release that needs a newer Kubernetes than the documented one: the newest, which the guide's `latest` gives (E46). */
const tooNew = 'v0.8.0';

check(requirements['NET-METRICS-VERSION'], async ({ cluster: { kubernetes, documented }, observe, control }) => {
  const [versions, service] = await Promise.all([
    runningVersions(kubernetes, place),
    kubernetes.objects.read<V1APIService>({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
    }),
  ]);
  const running = [...new Set(versions.values())];
  const needed = documented.versions.kubernetes;
  observe({
    subject: 'release of metrics-server that runs',
    vantage: atApi,
    expected: `one that supports Kubernetes ${needed}`,
    saw: running.join(', ') || 'none',
    held: running.length === 1 && supports(running[0] ?? '', needed),
  });
  const available = service.status?.conditions?.find(({ type }) => type === 'Available');
  observe(
    equal('condition Available of v1beta1.metrics.k8s.io', {
      expected: 'True',
      saw: available?.status === 'True' ? 'True' : `${available?.status ?? 'missing'} ${available?.message ?? ''}`.trim(),
    }),
  );
  control(
    equal(`Kubernetes ${needed} for ${tooNew}, by the same table`, {
      expected: 'not supported',
      saw: supports(tooNew, needed) ? 'supported' : 'not supported',
      vantage: 'this check',
    }),
  );
});

/** Guide, Install Metrics Server: kubectl wait --timeout=300s. */
const readyWithinSeconds = 300;
const insecure = '--kubelet-insecure-tls';

check(requirements['NET-METRICS-ARGS'], async ({ cluster: { kubernetes }, observe, control }) => {
  const [{ items: pods }, { items: sets }] = await Promise.all([
    kubernetes.core.listNamespacedPod({ namespace: place.namespace, labelSelector: place.selector }),
    kubernetes.apps.listNamespacedReplicaSet({ namespace: place.namespace, labelSelector: place.selector }),
  ]);
  const current = sets.filter(({ metadata }) =>
    pods.some((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === metadata?.uid)),
  );
  for (const pod of pods) {
    const given = argumentsOf(pod);
    observe(equal(`first kind of address that ${pod.metadata?.name} takes`, { expected: 'InternalIP', saw: preferred(given) }));
    observe(equal(`condition Ready of ${pod.metadata?.name}`, { expected: 'True', saw: readyCondition(pod) }));
    observe(equal(`${insecure} of ${pod.metadata?.name}`, { expected: 'given', saw: isGiven(given) ? 'given' : 'missing' }));
  }
  const deployment = await kubernetes.apps.readNamespacedDeployment({ namespace: place.namespace, name: 'metrics-server' });
  const { ended, text } = rolledOut(deployment);
  // A rollback takes an old ReplicaSet again, whose pods are new; pods that replaced others later say nothing of the rollout.
  const began = Math.max(
    ...[...current, ...pods].map(({ metadata }) => metadata?.creationTimestamp?.getTime() ?? Number.NaN).filter((made) => made <= ended),
  );
  const seconds = (ended - began) / 1000;
  observe({
    subject: 'time from the patch to a Ready pod',
    vantage: atApi,
    expected: `at most ${readyWithinSeconds} s`,
    saw: Number.isNaN(seconds) ? `never: ${text}` : `${seconds.toFixed(0)} s`,
    held: seconds <= readyWithinSeconds,
  });
  const unpatched = beforeThePatch(
    deployment,
    sets.filter((set) => !current.includes(set)),
  );
  control({
    subject: `${insecure} before the patch, as upstream has it`,
    vantage: atApi,
    expected: 'missing',
    saw: unpatched.map(({ name, is }) => `${name} ${is}`).join(', ') || 'neither an earlier revision nor an applied manifest',
    held: unpatched.some(({ is }) => is === 'missing'),
  });
});

/** The time at which the rollout was complete: it stays when a pod becomes Ready once more later, for example after a power cut. */
function rolledOut({ status }: V1Deployment): { ended: number; text: string } {
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  return {
    ended: progressing?.reason === 'NewReplicaSetAvailable' ? (progressing.lastUpdateTime?.getTime() ?? Number.NaN) : Number.NaN,
    text: `${progressing?.reason} ${progressing?.message}`,
  };
}

function readyCondition({ status }: V1Pod): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'missing';
}

/**
 * What the Deployment was before, by name: earlier revisions, and the manifest that kubectl keeps. A patch that comes right
 * after the manifest leaves one revision: the controller never saw the other.
 */
function beforeThePatch({ metadata }: V1Deployment, earlier: readonly V1ReplicaSet[]): { name: string; is: 'given' | 'missing' }[] {
  const applied = metadata?.annotations?.['kubectl.kubernetes.io/last-applied-configuration'];
  const templates = [
    ...earlier.map((set) => ({ name: set.metadata?.name ?? '', template: set.spec?.template })),
    ...(applied === undefined ? [] : [{ name: 'the applied manifest', template: (JSON.parse(applied) as V1Deployment).spec?.template }]),
  ];
  return templates.map(({ name, template }) => ({ name, is: isGiven(argumentsOf(template ?? {})) ? 'given' : 'missing' }));
}

function argumentsOf({ spec }: Pick<V1Pod, 'spec'>): string[] {
  return (spec?.containers ?? [])
    .filter(({ name }) => name === place.container)
    .flatMap(({ command = [], args = [] }) => [...command, ...args]);
}

/** A list flag that is given more than once is one list (pflag, StringSlice). */
function preferred(given: readonly string[]): string {
  const flag = '--kubelet-preferred-address-types=';
  return given.filter((each) => each.startsWith(flag)).flatMap((each) => each.slice(flag.length).split(','))[0] ?? 'the default';
}

function isGiven(given: readonly string[]): boolean {
  return given.some((each) => each === insecure || each === `${insecure}=true`);
}

/** A pod is in the metrics after two scrapes; they are 15 s apart (metrics-server, --metric-resolution). */
const measuredMs = 90_000;
/** Register: not older than this. */
const oldestMs = 60_000;
/** What busy-pod.yaml may use, with 20 % for the scrape's edges. */
const busyCores = { least: 0.24, most: 0.36 };

check(
  requirements['NET-METRICS-NODES'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(
      async () =>
        'kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes; kubectl -n kube-system logs -l k8s-app=metrics-server: which kubelet does not answer on 10250?',
    );
    const { kubernetes, documented } = cluster;
    const {
      pods: [{ node }],
    } = await neutral();
    const busy = await podFrom(context, 'busy-pod', node);
    const [told, nodes] = await Promise.all([
      cluster.runAsReader(['kubectl', 'top', 'nodes'], signal),
      usages(kubernetes, 'nodes', signal),
    ]);
    const now = Date.now();
    const names = documented.nodes.map(({ name }) => name);
    observe(equal('nodes with figures', { expected: names, saw: nodes.map(({ name }) => name) }));
    observe(
      noneOf('nodes without processor time or memory in use', {
        saw: nodes.filter(({ cores, bytes }) => cores <= 0 || bytes <= 0).map(usageText),
      }),
    );
    observe(
      noneOf('figures that are older than 60 s', {
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
/** Register: a pod is covered after this time. */
const coveredMs = 120_000;

check(
  requirements['NET-METRICS-PODS'],
  async (context) => {
    const { cluster, observe, control, hint, signal } = context;
    hint(async () => 'kubectl -n kube-system logs -l k8s-app=metrics-server: of which node are the pods that are missing?');
    const { kubernetes } = cluster;
    const {
      pods: [, { node }],
    } = await neutral();
    const memory = await podFrom(context, 'memory-pod', node);
    const full = await figureOf(context, memory, ({ bytes }) => bytes >= held.least);
    observe({
      subject: `memory of ${memory.pod}, which holds 128 MiB`,
      vantage: atApi,
      expected: '128-160 MiB',
      saw: full === undefined ? 'no figure' : usageText(full),
      held: full !== undefined && full.bytes >= held.least && full.bytes <= held.most,
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
    observe({
      subject: 'pods that have run for 2 min, without figures',
      vantage: atApi,
      expected: `none of ${before.length}`,
      saw: before.filter((name) => after.includes(name) && !names.includes(name)).join(', ') || 'none',
      held: before.every((name) => names.includes(name) || !after.includes(name)),
    });
    const column = told.stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => inMebibytes(line.trim().split(/\s+/).at(-1) ?? ''));
    observe({
      subject: 'kubectl top pods -A --sort-by=memory',
      vantage: 'admin workstation',
      expected: 'ends with 0, the most memory first',
      saw: `ends with ${told.code}, ${column.length} pods, ${column.slice(0, 5).join(', ')} ... MiB${told.code === 0 ? '' : `: ${told.stderr.trim()}`}`,
      held: told.code === 0 && column.length > 1 && column.every((size, index) => index === 0 || size <= (column[index - 1] ?? 0)),
    });
  },
  { deadlineMs: 240_000, uses: ['metrics'] },
);

async function podFrom({ changes }: Pick<CheckContext, 'changes'>, manifest: string, node: string): Promise<PodPlace> {
  const pod = `conform-${manifest}-${nonce()}`;
  const { namespace } = await neutral();
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
    return await until(`figures of ${pod.namespace}/${pod.pod}`, { timeoutMs: measuredMs, everyMs: 1000, signal }, async () => {
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

/** kubectl writes `128Mi`. */
function inMebibytes(text: string): number {
  return Number(/^(\d+)Mi$/.exec(text)?.[1] ?? Number.NaN);
}
