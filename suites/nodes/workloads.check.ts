import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { atApi, equal, noneOf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { isScratchName, nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { outcomeText } from '../../harness/probe/probe.ts';
import { worked } from '../../harness/probe/worked.ts';
import { controlPlanes, nth, workers } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { onEveryWorker } from '../fixtures/echo-group.ts';
import { ofMachines } from './machines.ts';
import { podFault, restartsOf, risen } from './pod-faults.ts';
import { requirements } from './requirements.ts';

const taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };

check(requirements['NODE-CP-NO-WORKLOADS'], async (context) => {
  const { cluster, observe, control, signal } = context;
  const { items } = await cluster.kubernetes.core.listNode();
  for (const { name } of controlPlanes(cluster)) {
    const taints = (items.find(({ metadata }) => metadata?.name === name)?.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
    observe({
      subject: `taints of ${name}`,
      vantage: atApi,
      expected: `with ${taint.key}:${taint.effect}`,
      saw: taints.join(', ') || 'none',
      held: taints.includes(`${taint.key}:${taint.effect}`),
    });
  }
  const namespace = await scratchNamespace(context);
  const planes = controlPlanes(cluster);
  const [plane, worker] = [nth(planes, 0), nth(workers(cluster), 0)];
  const tolerant = `[{key: ${taint.key}, operator: Exists, effect: ${taint.effect}}]`;
  const wanted = [
    ...planes.map(({ name }) => ({ name: `on-${name}`, node: name, tolerations: '[]' })),
    { name: `tolerant-on-${plane.name}`, node: plane.name, tolerations: tolerant },
    { name: `on-${worker.name}`, node: worker.name, tolerations: '[]' },
  ];
  await Promise.all(wanted.map(async (each) => selectedPod(context, { ...each, namespace })));
  for (const [name, node] of [
    [`tolerant-on-${plane.name}`, plane.name],
    [`on-${worker.name}`, worker.name],
  ] as const)
    control(equal(`node of pod ${name}`, { expected: node, saw: await nodeOf(context, { namespace, name }) }));
  await delay(promised.nodes.staysPendingMs, undefined, { signal });
  for (const { name } of planes)
    observe(staysPending(name, await cluster.kubernetes.core.readNamespacedPod({ namespace, name: `on-${name}` })));
});

async function scratchNamespace({ changes }: Pick<CheckContext, 'changes'>): Promise<string> {
  const namespace = `conform-nodes-${nonce()}`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  return namespace;
}

interface SelectedPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** YAML. */
  readonly tolerations: string;
}

async function selectedPod({ changes }: Pick<CheckContext, 'changes'>, { namespace, name, node, tolerations }: SelectedPod): Promise<void> {
  await changes.createFrom(`${import.meta.dirname}/selected-pod.yaml`, {
    NAMESPACE: namespace,
    NAME: name,
    NODE: node,
    TOLERATIONS: tolerations,
  });
}

/** Waits until the pod runs, and says where. */
async function nodeOf({ cluster, signal }: CheckContext, place: { namespace: string; name: string }): Promise<string> {
  return until(`pod ${place.name} to run`, { timeoutMs: patience('podReady'), everyMs: 500, signal }, async () => {
    const { spec, status } = await cluster.kubernetes.core.readNamespacedPod(place);
    return status?.phase === 'Running' ? { done: spec?.nodeName ?? '' } : { notYet: status?.phase ?? 'no phase' };
  });
}

/** No node was found, and the taint is the reason. */
function staysPending(node: string, { spec, status }: V1Pod): Parameters<CheckContext['observe']>[0] {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return {
    key: `an ordinary pod that asks for ${node}`,
    subject: `an ordinary pod that asks for ${node}, after ${promised.nodes.staysPendingMs / 1000} s`,
    vantage: atApi,
    expected: 'not scheduled, for an untolerated taint',
    saw: spec?.nodeName === undefined ? `${scheduled?.reason ?? 'not looked at'}: ${scheduled?.message ?? ''}` : `on ${spec.nodeName}`,
    held: spec?.nodeName === undefined && scheduled?.reason === 'Unschedulable' && (scheduled.message ?? '').includes('untolerated taint'),
  };
}

check(
  requirements['NODE-HEALTH-PODS'],
  async (context) => {
    const { cluster, observe, control, hint, changes, signal } = context;
    hint(async () => 'kubectl get pods -A -o wide; kubectl describe pod and kubectl logs --previous of those that are named');
    const namespace = await scratchNamespace(context);
    const planted = await changes.createFrom(`${import.meta.dirname}/broken-pods.yaml`, {
      NAMESPACE: namespace,
      NODE: nth(workers(cluster), 0).name,
    });
    const { items: before } = await cluster.kubernetes.core.listPodForAllNamespaces();
    await delay(promised.nodes.noRestartMs, undefined, { signal });
    const { items } = await cluster.kubernetes.core.listPodForAllNamespaces();
    const limits = { now: new Date(), deletedMs: promised.nodes.deletedPodMs };
    const faults = (pods: readonly V1Pod[]): string[] =>
      pods.flatMap((pod) => {
        const fault = podFault(pod, limits);
        return fault === undefined ? [] : [`${pod.metadata?.namespace}/${pod.metadata?.name} (${fault})`];
      });
    observe(noneOf('pods that do not run and are not ready, of those that no run made', { saw: faults(items.filter(isOwn)) }));
    observe(
      noneOf(`containers that restarted within ${promised.nodes.noRestartMs / 1000} s`, {
        saw: risen(restartsOf(before.filter(isOwn)), restartsOf(items.filter(isOwn))),
      }),
    );
    const told = faults(items.filter(({ metadata }) => metadata?.namespace === namespace));
    for (const { metadata } of planted)
      control({
        key: `the pod ${metadata?.name}, made to be broken`,
        subject: `the pod ${metadata?.name}, made to be broken`,
        vantage: atApi,
        expected: 'reported by the same look',
        saw: told.find((text) => text.includes(`/${metadata?.name} `)) ?? 'not reported',
        held: told.some((text) => text.includes(`/${metadata?.name} `)),
      });
  },
  { deadlineMs: 180_000 },
);

/** Other checks make pods meanwhile, broken ones among them. */
function isOwn({ metadata }: V1Pod): boolean {
  return !isScratchName(metadata?.namespace ?? '') && !isScratchName(metadata?.name ?? '');
}

const domain = 'cluster.local';
const otherDomain = 'cluster.example';

check(requirements['NODE-DNS-DOMAIN'], async ({ cluster, observe, control, signal }, { neutral }) => {
  const { nodes, dnsServiceAddress, apiServiceAddress } = cluster.documented;
  const told = await ofMachines(cluster, nodes, async (machine) =>
    (await machine.list<{ config?: { clusterDomain?: string } }>('kubeletspecs')).map(({ spec }) => spec.config?.clusterDomain ?? 'none'),
  );
  for (const { node, vantage, value } of told)
    observe(equal(`clusterDomain of the kubelet of ${node.name}`, { expected: [domain], saw: value, vantage }));
  control(onEveryWorker(cluster, neutral.pods));
  const names = [domain, otherDomain].map((each) => `kubernetes.default.svc.${each}`);
  for (const { node, place, namespace } of neutral.pods) {
    const [file, outcomes] = await Promise.all([
      cluster.kubernetes.run(place, 'cat /etc/resolv.conf', signal),
      cluster.probe(
        place,
        names.map((name) => ({ kind: 'dns' as const, server: dnsServiceAddress, name, over: 'udp' as const })),
        signal,
      ),
    ]);
    const vantage = `pod on ${node}`;
    const search = /^search (.*)$/m.exec(file)?.[1]?.trim().split(/\s+/) ?? [];
    const own = [`${namespace}.svc.${domain}`, `svc.${domain}`, domain];
    observe({
      subject: `domains that a pod on ${node} searches`,
      vantage,
      expected: `first ${own.map((each) => each.replace(namespace, 'NAMESPACE')).join(', ')}`,
      saw: search.map((each) => each.replace(namespace, 'NAMESPACE')).join(', ') || 'none',
      held: own.every((each, index) => search[index] === each),
    });
    const [known, unknown] = outcomes.map(worked);
    if (known === undefined || unknown === undefined) throw new Error(`${vantage} told fewer outcomes than were asked for`);
    observe({
      subject: `${names[0]} from a pod on ${node}`,
      vantage,
      expected: apiServiceAddress,
      saw: outcomeText(known),
      held: known.kind === 'resolved' && known.addresses.includes(apiServiceAddress),
    });
    control({
      subject: `${names[1]} from the same pod`,
      vantage,
      expected: 'NXDOMAIN',
      saw: outcomeText(unknown),
      held: unknown.kind === 'resolved' && unknown.code === 'NXDOMAIN',
    });
  }
});

/** Guide, OPT-7. */
const dedicated = { node: 'w01', label: 'dedicated', platform: 'platform', tenants: 'tenants', unpinned: 10 };

check(requirements['NODE-OPT7-TAINT'], async (context) => {
  const { cluster, observe, control, signal } = context;
  const { items } = await cluster.kubernetes.core.listNode();
  for (const { name } of workers(cluster)) {
    const node = items.find(({ metadata }) => metadata?.name === name);
    const expected = name === dedicated.node ? dedicated.platform : dedicated.tenants;
    observe(equal(`label ${dedicated.label} of ${name}`, { expected, saw: node?.metadata?.labels?.[dedicated.label] ?? 'none' }));
    const taints = (node?.spec?.taints ?? []).filter(({ key }) => key === dedicated.label).map(({ value, effect }) => `${value}:${effect}`);
    observe(
      equal(`taints ${dedicated.label} of ${name}`, {
        expected: name === dedicated.node ? [`${dedicated.platform}:NoSchedule`] : [],
        saw: taints,
      }),
    );
  }
  const { alice } = cluster.documented.tenants;
  const names = Array.from({ length: dedicated.unpinned }, (_, index) => `conform-unpinned-${nonce()}-${index}`);
  const pinned = `conform-pinned-${nonce()}`;
  const tolerant = `conform-tolerant-${nonce()}`;
  await Promise.all([
    ...names.map(async (name) => unpinnedPod(context, { namespace: alice, name })),
    selectedPod(context, { namespace: alice, name: pinned, node: dedicated.node, tolerations: '[]' }),
  ]);
  const others = workers(cluster)
    .map(({ name }) => name)
    .filter((name) => name !== dedicated.node);
  for (const name of names) {
    const node = await nodeOf(context, { namespace: alice, name });
    observe({
      subject: 'node of an ordinary pod of a tenant',
      vantage: atApi,
      expected: others.join(' or '),
      saw: node,
      held: others.includes(node),
    });
  }
  await delay(promised.nodes.staysPendingMs, undefined, { signal });
  observe(staysPending(dedicated.node, await cluster.kubernetes.core.readNamespacedPod({ namespace: alice, name: pinned })));
  // A tenant may write the toleration itself (E61): the promise is that this is refused.
  const own = await selectedPod(context, {
    namespace: alice,
    name: tolerant,
    node: dedicated.node,
    tolerations: `[{key: ${dedicated.label}, operator: Equal, value: ${dedicated.platform}, effect: NoSchedule}]`,
  }).then(
    () => 'admitted',
    (error: unknown) => refusalText(error),
  );
  observe({ subject: "a tenant's pod with the toleration", vantage: atApi, expected: 'refused', saw: own, held: own !== 'admitted' });
  control(
    equal('a pod with the toleration in a namespace of no tenant', {
      expected: dedicated.node,
      saw: await platformPod(context),
    }),
  );
});

function refusalText(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 403) return error.message;
  throw error;
}

async function unpinnedPod(
  { changes }: Pick<CheckContext, 'changes'>,
  { namespace, name }: { namespace: string; name: string },
): Promise<void> {
  await changes.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [{ name: 'ordinary', image: 'registry.k8s.io/e2e-test-images/agnhost:2.47', args: ['pause'] }],
    },
  } as Parameters<CheckContext['changes']['create']>[0]);
}

async function platformPod(context: CheckContext): Promise<string> {
  const namespace = await scratchNamespace(context);
  await selectedPod(context, {
    namespace,
    name: 'platform',
    node: dedicated.node,
    tolerations: `[{key: ${dedicated.label}, operator: Equal, value: ${dedicated.platform}, effect: NoSchedule}]`,
  });
  return nodeOf(context, { namespace, name: 'platform' });
}
