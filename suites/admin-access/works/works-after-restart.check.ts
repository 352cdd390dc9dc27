import { nonce } from '../../../harness/engine/stable-key.ts';
import type { V1Pod } from '@kubernetes/client-node';
import { attempt } from '../../../harness/engine/attempt.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { recovered, wholenessOf } from '../../../harness/platform/node-recovery.ts';
import { type EchoGroup, workerNames } from '../../fixtures/echo-group.ts';
import { platform, tenants } from '../../fixtures/groups.ts';
import { noneOf } from '../../../harness/engine/measured.ts';
import { type Connection, connections, holds, noAnswer } from '../../../harness/probe/connections.ts';
import { answerInTime } from '../../../harness/probe/first-answer.ts';
import type { Target } from '../../../harness/probe/probe.ts';
import { until } from '../../../harness/engine/waiting.ts';
import { canineWorks } from './canine-works.ts';
import { longhornWorks, webhookWorks } from './longhorn-works.ts';
import { openCostWorks, targetsWork } from './prometheus-works.ts';
import { requirements } from '../requirements.ts';

/** Calico's agent enforces the policies; it is restarted with the platform. */
const agent = { namespace: 'calico-system', name: 'calico-node' };
/** All starts at the same time on machines that have little to spare. */
const startMs = 150_000;
/** A node that is back takes its addresses from the others again: MetalLB's speakers have to find each other first. */
const announcedMs = 60_000;
/** Register, ADM-WORKS-PROMETHEUS-TARGETS: within 3 min all targets are up. */
const scrapedMs = 180_000;
const outsiders = ['outsider', 'lan'];

check(
  requirements['ADM-WORKS-AFTER-RESTART'],
  async (context) => {
    const { cluster, changes, control, observe, signal } = context;
    const [groups, { alice }] = await Promise.all([platform(), tenants()]);
    const before = await workloads(context);
    const policies = await policySpecs(context);
    control({
      subject: 'workloads that were whole before',
      vantage: 'Kubernetes API',
      expected: `some in each of ${cluster.documented.platformNamespaces.join(', ')}`,
      saw: String(before.whole.length),
      held: cluster.documented.platformNamespaces.every((namespace) => before.whole.some((name) => name.startsWith(`${namespace}/`))),
    });
    const earlier = [
      ...strangers(context, alice, { role: 'control', expect: 'not-reached' }),
      ...admins(context, 'control'),
      ...inside(groups, 'control'),
    ];
    const outcomes = await connections(context, earlier);
    // What does not work before cannot be judged afterwards: nothing is restarted for that.
    if (earlier.some(({ expect }, index) => !holds(expect, outcomes[index] ?? noAnswer))) return;
    try {
      await changes.awaitDaemonSet(agent);
      await Promise.all(
        before.pods.map(({ metadata }) =>
          cluster.kubernetes.core.deleteNamespacedPod({
            namespace: metadata?.namespace ?? '',
            name: metadata?.name ?? '',
            gracePeriodSeconds: 3,
          }),
        ),
      );
      const restarted = await attempt(signal, async () => {
        await wholeAgain(context, before);
        for (const node of workerNames(cluster)) await reboot(context, node);
        await stands(context, before, signal);
        await askersAnswer(context, [...groups, alice]);
      });
      observe({
        subject: `${before.whole.length} workloads whose pods were all restarted, then each worker whose power was cut`,
        vantage: 'Kubernetes API',
        expected: 'whole again',
        saw: restarted.kind === 'done' ? 'whole again' : restarted.text,
        held: restarted.kind === 'done',
      });
      const now = await policySpecs(context);
      observe(
        noneOf('global policies that are not what they were', {
          saw: [...new Set([...policies.keys(), ...now.keys()])].filter((name) => policies.get(name) !== now.get(name)),
        }),
      );
      await published(context);
      await connections(context, [
        ...strangers(context, alice, { role: 'observation', expect: 'denied' }),
        ...admins(context, 'observation'),
        ...inside(groups, 'observation'),
      ]);
      if (restarted.kind === 'done') await works(context);
    } finally {
      await getUp(context, before);
    }
  },
  { changes: ['node-power'], deadlineMs: 1_200_000 },
);

/** Nobody from outside or from a tenant gets through; what each of them may reach anchors it. */
function strangers({ cluster: { documented } }: CheckContext, alice: EchoGroup, is: Pick<Connection, 'role' | 'expect'>): Connection[] {
  const [{ place }] = alice.pods;
  const targets = accessPoints(documented.services);
  return [
    ...[...outsiders.map((host) => ({ host })), place].flatMap((from) =>
      targets.map(({ name, to }): Connection => ({ ...is, from, to, name })),
    ),
    ...outsiders.map((host): Connection => ({
      role: 'control',
      from: { host },
      to: { kind: 'http', url: 'http://example.com/' },
      name: 'a host that all may reach',
      expect: { status: 200 },
    })),
    {
      role: 'control',
      from: place,
      to: { kind: 'tcp', host: alice.service.clusterIp, port: 80 },
      name: "the tenant's own Service",
      expect: 'reached',
    },
  ];
}

function admins({ cluster: { documented } }: CheckContext, role: Connection['role']): Connection[] {
  return ['admin', 'ci', 'vpn'].flatMap((host) =>
    accessPoints(documented.services).map(({ name, to }): Connection => ({ role, from: { host }, to, name, expect: 'reached' })),
  );
}

/** From an administrator's address, for whom all of them are. */
async function published({ cluster, observe, signal }: CheckContext): Promise<void> {
  const first = accessPoints(cluster.documented.services).map(async ({ name, to }) =>
    answerInTime(
      cluster,
      { subject: `first answer of ${name} after the reboot`, from: { host: 'admin' }, to },
      { timeoutMs: announcedMs, signal },
    ),
  );
  for (const answer of await Promise.all(first)) observe(answer);
}

function accessPoints({ longhorn, canine, opencost }: CheckContext['cluster']['documented']['services']): { name: string; to: Target }[] {
  return [
    { name: 'the Longhorn UI', to: { kind: 'tcp', host: longhorn.address, port: 80 } },
    { name: 'the dashboard', to: { kind: 'tcp', host: canine.address, port: 80 } },
    { name: 'the OpenCost UI', to: { kind: 'tcp', host: opencost.address, port: 80 } },
    { name: 'the OpenCost API', to: { kind: 'tcp', host: opencost.address, port: 9003 } },
  ];
}

/** Ports of the guide's charts that the platform's parts ask each other at. */
const parts = [
  { name: 'prometheus-server.prometheus-system', port: 80 },
  { name: 'opencost.opencost', port: 9003 },
  { name: 'longhorn-backend.longhorn-system', port: 9500 },
  { name: 'canine.canine', port: 80 },
];

function inside(groups: readonly EchoGroup[], role: Connection['role']): Connection[] {
  return groups.flatMap(({ pods: [{ place }] }) =>
    parts.map(({ name, port }): Connection => ({
      role,
      from: place,
      to: { kind: 'tcp', host: `${name}.svc.cluster.local`, port },
      name: 'a part of the platform',
      expect: 'reached',
    })),
  );
}

/** By name. */
async function policySpecs({ cluster: { kubernetes } }: CheckContext): Promise<ReadonlyMap<string, string>> {
  const { items } = await kubernetes.objects.list('projectcalico.org/v3', 'GlobalNetworkPolicy');
  return new Map(items.map((policy) => [policy.metadata?.name ?? '', JSON.stringify((policy as { spec?: unknown }).spec)]));
}

interface Workloads {
  /** `namespace/name` of those that have all their pods, Ready. */
  readonly whole: readonly string[];
  /** Of all of them. */
  readonly pods: readonly V1Pod[];
}

/** Deployments, StatefulSets and DaemonSets of the platform, and Calico's agent. */
async function workloads({
  cluster: {
    kubernetes: { apps, core },
    documented,
  },
}: CheckContext): Promise<Workloads> {
  const found = await Promise.all(
    [...documented.platformNamespaces, agent.namespace].map(async (namespace) => {
      const [deployments, stateful, daemons, pods] = await Promise.all([
        apps.listNamespacedDeployment({ namespace }),
        apps.listNamespacedStatefulSet({ namespace }),
        apps.listNamespacedDaemonSet({ namespace }),
        core.listNamespacedPod({ namespace }),
      ]);
      const counted = [
        ...[...deployments.items, ...stateful.items].map(({ metadata, spec, status }) => ({
          name: metadata?.name ?? '',
          wanted: spec?.replicas ?? 1,
          ready: status?.readyReplicas ?? 0,
        })),
        ...daemons.items.map(({ metadata, status }) => ({
          name: metadata?.name ?? '',
          wanted: status?.desiredNumberScheduled ?? 0,
          ready: status?.numberReady ?? 0,
        })),
      ];
      const isOurs = (name: string): boolean => namespace !== agent.namespace || name === agent.name;
      return {
        whole: counted
          .filter(({ name, wanted, ready }) => isOurs(name) && wanted > 0 && ready >= wanted)
          .map(({ name }) => `${namespace}/${name}`),
        pods: pods.items.filter(
          ({ metadata }) =>
            metadata?.ownerReferences?.some(({ kind }) => ['ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(kind)) === true &&
            isOurs(namespace === agent.namespace ? (metadata.labels?.['k8s-app'] ?? '') : ''),
        ),
      };
    }),
  );
  return { whole: found.flatMap(({ whole }) => whole), pods: found.flatMap(({ pods }) => pods) };
}

/** Waits until all that was whole is so again, with other pods. */
async function wholeAgain(context: CheckContext, before: Workloads): Promise<void> {
  const old = new Set(before.pods.map(({ metadata }) => metadata?.uid));
  await until('the platform to be whole again', { timeoutMs: startMs, everyMs: 1000, signal: context.signal }, async () => {
    const now = await workloads(context);
    const missing = before.whole.filter((name) => !now.whole.includes(name));
    const left = now.pods
      .filter(({ metadata }) => old.has(metadata?.uid))
      .map(({ metadata }) => `the old ${metadata?.namespace}/${metadata?.name}`);
    return missing.length + left.length === 0 ? { done: undefined } : { notYet: `not ${[...missing, ...left].slice(0, 6).join(', ')}` };
  });
}

/** The rows of this group once more, each with what it says itself; beside each other, as they are in a run. */
async function works(context: CheckContext): Promise<void> {
  const own = { ...context, hint: () => undefined };
  await Promise.all([
    openCostWorks(own),
    targetsWork(own, { allUpWithinMs: scrapedMs }),
    longhornWorks(own),
    webhookWorks(own),
    canineWorks(own),
  ]);
}

/** The pods that this check asks from were on the workers, too. */
async function askersAnswer({ cluster, signal }: CheckContext, groups: readonly EchoGroup[]): Promise<void> {
  const askers = groups.flatMap(({ pods }) => pods);
  await until('the pods that ask to be up', { timeoutMs: startMs, everyMs: 2000, signal }, async () => {
    const up = await Promise.all(
      askers.map(async ({ place }) => {
        const tried = await attempt(signal, () => cluster.probe(place, [{ kind: 'tcp', host: '127.0.0.1', port: 8080 }], signal));
        return tried.kind === 'done' && tried.value[0]?.kind === 'connected';
      }),
    );
    return up.every(Boolean)
      ? { done: undefined }
      : {
          notYet: askers
            .filter((_, index) => up[index] !== true)
            .map(({ pod }) => pod)
            .join(', '),
        };
  });
}

async function reboot({ cluster, changes, signal }: CheckContext, node: string): Promise<void> {
  const [off, on] = [cluster.power(node, 'off'), cluster.power(node, 'on')];
  const whole = await wholenessOf(cluster.kubernetes, node, signal);
  await changes.command({ what: `power on ${node}`, ...off }, signal);
  await recovered(
    cluster.kubernetes,
    { node, whole },
    { powerOn: async () => void (await changes.command({ what: `power on ${node}`, run: on.run, undo: on.run }, signal)), signal },
  );
}

/**
 * Where the policies do not let the platform start again, it starts without them: what has connected by the time that they
 * are back goes on, as it was before.
 */
async function getUp(context: CheckContext, before: Workloads): Promise<void> {
  await context.changes.createFrom(`${import.meta.dirname}/works-open.yaml`, { NAME: `conform-open-${nonce()}` });
  await stands(context, before, AbortSignal.timeout(2 * startMs));
}

/** Waits until all that was whole is so, on whatever node: one that has lost a replica with the worker may have to start again. */
async function stands(context: CheckContext, before: Workloads, signal: AbortSignal): Promise<void> {
  await until('the platform to be up again', { timeoutMs: startMs, everyMs: 1000, signal }, async () => {
    const now = await workloads(context);
    const missing = before.whole.filter((name) => !now.whole.includes(name));
    return missing.length === 0 ? { done: undefined } : { notYet: missing.join(', ') };
  });
}
