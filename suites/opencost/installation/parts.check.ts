import { readFile } from 'node:fs/promises';
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { atApi, equal, noneOf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import type { Cluster } from '../../../harness/platform/cluster.ts';
import { readManifest } from '../../../harness/platform/kubernetes/manifest.ts';
import { quantity } from '../../../harness/platform/kubernetes/quantity.ts';
import { check } from '../check.ts';
import { opencostPods } from '../cost-api.ts';
import { requirements } from '../requirements.ts';
import { illOf, podText, restarted, rolledOut } from '../rollout.ts';

const { namespace, selector } = opencostPods;
const level = 'pod-security.kubernetes.io/enforce';

check(requirements['COST-OC-NAMESPACE'], async (context) => {
  const { cluster, changes, observe, control } = context;
  const { metadata } = await cluster.kubernetes.core.readNamespace({ name: namespace });
  observe(equal(`label ${level} of ${namespace}`, { expected: 'privileged', saw: metadata?.labels?.[level] ?? 'none' }));
  const answer = await dryRunOf(context, namespace);
  observe({
    subject: 'a pod that mounts a folder of its node there (dry run)',
    vantage: atApi,
    expected: '201',
    saw: answer.text,
    held: answer.status === 201,
  });
  const baseline = `conform-baseline-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: baseline, labels: { [level]: 'baseline' } } });
  const refused = await dryRunOf(context, baseline);
  control({
    subject: 'the same pod in a namespace of the baseline level (dry run)',
    vantage: atApi,
    expected: '403 by PodSecurity',
    saw: refused.text,
    held: refused.status === 403 && refused.text.includes('PodSecurity'),
  });
});

async function dryRunOf(
  { cluster: { kubernetes }, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  place: string,
): Promise<{ status: number; text: string }> {
  const [body] = await readManifest(`${import.meta.dirname}/host-path-pod.yaml`, {
    NAME: `conform-host-path-${nonce()}`,
    NAMESPACE: place,
  });
  const path = `/api/v1/namespaces/${place}/pods?dryRun=All`;
  const { status, message } = await kubernetes.request({ method: 'POST', path, body: body ?? {} }, signal);
  return { status, text: `${status} ${message}`.trim() };
}

check(requirements['COST-OC-READY'], async ({ cluster, observe, control, hint }, { illPods }) => {
  hint(async () => `kubectl -n ${namespace} describe pods; kubectl -n ${namespace} logs deployment/opencost --all-containers`);
  const { core, apps } = cluster.kubernetes;
  const [pods, deployment, { items: sets }, { items: others }] = await Promise.all([
    podsOf(cluster),
    apps.readNamespacedDeployment({ namespace, name: 'opencost' }),
    apps.listNamespacedReplicaSet({ namespace }),
    core.listNamespacedPod({ namespace: illPods.namespace }),
  ]);
  observe(rolledOut(deployment, sets));
  observe({
    subject: 'pods of OpenCost',
    vantage: atApi,
    expected: 'one at least',
    saw: pods.map(podText).join(', ') || 'none',
    held: pods.length > 0,
  });
  observe(noneOf('pods of OpenCost that are not ready with all containers', { saw: illOf(pods) }));
  observe(noneOf('restarts of its containers in the last hour', { saw: restarted(pods, Date.now()) }));
  const unready = others.filter(({ metadata }) => metadata?.name === illPods.unready).map(podText);
  control(
    equal('a pod that is never ready, read alike', { expected: `${illPods.namespace}/${illPods.unready} Running 0/1`, saw: unready }),
  );
});

async function podsOf({ kubernetes }: Pick<Cluster, 'kubernetes'>): Promise<V1Pod[]> {
  const { items } = await kubernetes.core.listNamespacedPod({ namespace, labelSelector: selector });
  return items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
}

/** Guide, OpenCost, Step 3: requests and limits of each container. */
const documented = {
  opencost: { cpu: '100m', memory: '256Mi', mostCpu: '1', mostMemory: '1Gi' },
  'opencost-ui': { cpu: '50m', memory: '64Mi', mostCpu: '500m', mostMemory: '256Mi' },
} as const;
type Named = keyof typeof documented;

check(requirements['COST-OC-RESOURCES'], (context) => resourcesAre(context, 'opencost', 'opencost-ui'));

check(requirements['COST-UI-RESOURCES'], (context) => resourcesAre(context, 'opencost-ui', 'opencost'));

async function resourcesAre(context: CheckContext, name: Named, other: Named): Promise<void> {
  const { cluster, observe, control, hint } = context;
  hint(async () => `kubectl -n ${namespace} get pods -o yaml: resources of container ${name}`);
  const [pod] = await podsOf(cluster);
  if (pod === undefined) throw new Error('no pod of OpenCost is there');
  const { cpu, memory, mostCpu, mostMemory } = documented[name];
  const expected = `${cpu} ${memory}, at most ${mostCpu} ${mostMemory}`;
  observe(equal(`resources of container ${name}`, { expected, saw: resourcesText(containerOf(pod, name)) }));
  const [ownCgroup, otherCgroup] = [await cgroupLimits(context, pod, name), resourcesText(containerOf(pod, other))];
  observe(
    equal(`CPU share and memory limit of container ${name} in its control group`, {
      expected: `${quantity(mostCpu)} ${quantity(mostMemory)}`,
      saw: ownCgroup,
      vantage: 'the container itself',
    }),
  );
  control({
    subject: `resources of container ${other}, read alike`,
    vantage: atApi,
    expected: `others than ${expected}`,
    saw: otherCgroup,
    held: otherCgroup !== expected,
  });
}

function containerOf(pod: V1Pod, name: string): V1Container | undefined {
  return pod.spec?.containers.find((each) => each.name === name);
}

function resourcesText(container: V1Container | undefined): string {
  const { requests = {}, limits = {} } = container?.resources ?? {};
  const text = (of: Readonly<Record<string, string>>): string => `${of['cpu'] ?? 'none'} ${of['memory'] ?? 'none'}`;
  return container === undefined ? 'no such container' : `${text(requests)}, at most ${text(limits)}`;
}

/** In cores and bytes, as the container itself reads them. */
async function cgroupLimits({ cluster, signal }: CheckContext, { metadata }: V1Pod, container: string): Promise<string> {
  const place = { namespace, pod: metadata?.name ?? '', container };
  const printed = await cluster.kubernetes.run(
    place,
    await readFile(`${import.meta.dirname}/../../fixtures/read-limits.sh`, 'utf8'),
    signal,
  );
  const [quota = '', period = '', memory = ''] = printed.trim().split(/\s+/);
  return `${Number(quota) / Number(period)} ${memory}`;
}
