import type { KubernetesObject } from '@kubernetes/client-node';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { equal, lateIf } from '../../../harness/engine/measured.ts';
import type { Requirement } from '../../../harness/engine/requirement.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import { admitted, admittedAgain, refused, removeNow, tryToMake } from '../admission.ts';
import { type Resources, claim, configMap, container, deployment, gatedPod, secret, service } from '../tenant-objects.ts';
import { requirements } from '../requirements.ts';

type OneMore = (namespace: string, name: string) => KubernetesObject;

/** One number of the quota: what fills it exactly, and what is one step too much. */
interface Cap {
  readonly requirement: Requirement;
  /** As the quota names it; also what a refusal must name. */
  readonly resource: string;
  /** What the guide's template allows in all. */
  readonly hard: string;
  /** What fills it, given what of it is in use before. */
  readonly fill: (namespace: string, used: number) => readonly KubernetesObject[];
  /** Each is one step too much; the first is admitted when there is room again. */
  readonly beyond: readonly [OneMore, ...OneMore[]];
}

const pods = (count: number, resources: Resources) => (namespace: string) =>
  Array.from({ length: count }, (_, index) => gatedPod(namespace, `conform-fill-${index}`, resources));
const small = { cpu: '50m', memory: '64Mi' };
const smallPod = (namespace: string, name: string): KubernetesObject => gatedPod(namespace, name, { requests: small, limits: small });
/** Claims of a class that provisions nothing: they stay pending, and count. */
const claims = (sizes: readonly string[]) => (namespace: string) =>
  sizes.map((size, index) => claim(namespace, `conform-fill-${index}`, { size, storageClass: 'conform-none' }));
const smallClaim = (namespace: string, name: string): KubernetesObject =>
  claim(namespace, name, { size: '1Gi', storageClass: 'conform-none' });
const nodePort: OneMore = (namespace, name) => ({ ...service(namespace, name), spec: { type: 'NodePort', ports: [{ port: 80 }] } });
const counted = (hard: number, make: (namespace: string, name: string) => KubernetesObject) => (namespace: string, used: number) =>
  Array.from({ length: hard - used }, (_, index) => make(namespace, `conform-fill-${index}`));

/** Guide, Step 6, ResourceQuota: tenant-quota. */
const caps: readonly Cap[] = [
  {
    requirement: requirements['ISO-QUOTA-CPU-REQUESTS'],
    resource: 'requests.cpu',
    hard: '2',
    fill: pods(4, { requests: { cpu: '500m', memory: '64Mi' }, limits: { cpu: '500m', memory: '64Mi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-MEMORY-REQUESTS'],
    resource: 'requests.memory',
    hard: '4Gi',
    fill: pods(4, { requests: { cpu: '50m', memory: '1Gi' }, limits: { cpu: '50m', memory: '1Gi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-CPU-LIMITS'],
    resource: 'limits.cpu',
    hard: '4',
    fill: pods(2, { requests: small, limits: { cpu: '2', memory: '64Mi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-MEMORY-LIMITS'],
    resource: 'limits.memory',
    hard: '8Gi',
    fill: pods(2, { requests: small, limits: { cpu: '50m', memory: '4Gi' } }),
    beyond: [smallPod],
  },
  {
    requirement: requirements['ISO-QUOTA-PVC-COUNT'],
    resource: 'persistentvolumeclaims',
    hard: '10',
    fill: claims(Array.from({ length: 10 }, () => '1Gi')),
    beyond: [smallClaim],
  },
  {
    requirement: requirements['ISO-QUOTA-STORAGE'],
    resource: 'requests.storage',
    hard: '50Gi',
    fill: claims(['20Gi', '20Gi', '10Gi']),
    beyond: [smallClaim],
  },
  { requirement: requirements['ISO-QUOTA-SECRETS'], resource: 'count/secrets', hard: '30', fill: counted(30, secret), beyond: [secret] },
  {
    requirement: requirements['ISO-QUOTA-CONFIGMAPS'],
    resource: 'count/configmaps',
    hard: '30',
    fill: counted(30, configMap),
    beyond: [configMap],
  },
  {
    requirement: requirements['ISO-QUOTA-SERVICES'],
    resource: 'count/services',
    hard: '20',
    fill: (namespace, used) => [...counted(19, service)(namespace, used), nodePort(namespace, 'conform-fill-node-port')],
    beyond: [service, nodePort],
  },
];

for (const cap of caps) check(cap.requirement, (context) => isCapped(context, cap));

/**
 * Fills a quota to its last step, sees the next step refused by it, and admitted again when there is room. In a tenant of its
 * own: after a deletion the quota is counted anew from a cache that lags, and what another check makes meanwhile is not in it.
 */
async function isCapped(context: CheckContext, { resource, hard, fill, beyond }: Cap): Promise<void> {
  const { namespace } = await scratchTenant(context);
  const {
    cluster: { kubernetes },
    signal,
  } = context;
  const before = await quotaOf(
    context,
    namespace,
    (used) => used[resource] !== undefined && (!resource.endsWith('configmaps') || used[resource] !== '0'),
  );
  const objects = fill(namespace, Number(before.used[resource] ?? 0));
  for (const answer of await Promise.all(objects.map((object) => tryToMake(kubernetes, object, { signal }))))
    context.control(admitted(`one of ${objects.length} that fill ${resource}`, answer));
  const full = await quotaOf(context, namespace, (used) => used[resource] === hard);
  context.observe(equal(`${resource} of tenant-quota`, { expected: hard, saw: full.hard[resource] ?? 'not limited' }));
  context.observe(equal(`${resource} in use`, { expected: hard, saw: full.used[resource] ?? 'not counted' }));
  for (const [index, make] of beyond.entries())
    context.observe(
      refused(
        `one step more of ${resource}${index === 0 ? '' : ', by another type'}`,
        await tryToMake(kubernetes, make(namespace, `conform-beyond-${index}`), { signal }),
        { words: ['exceeded quota', resource] },
      ),
    );
  const [first] = objects;
  if (first === undefined) throw new Error(`${resource} was full before`);
  await removeNow(context, first);
  context.control(admitted('the same, when there is room again', await admittedAgain(context, beyond[0](namespace, 'conform-again'))));
}

type Used = Readonly<Record<string, string>>;

/** The quota's own count, when it has come to what is waited for; as it is after 10 s. */
async function quotaOf(
  { cluster: { kubernetes }, signal }: CheckContext,
  namespace: string,
  hasCome: (used: Used) => boolean,
): Promise<{ used: Used; hard: Used }> {
  let last: { used: Used; hard: Used } = { used: {}, hard: {} };
  await until('the quota to count', { timeoutMs: 10_000, everyMs: 300, signal }, async () => {
    const { status } = await kubernetes.core.readNamespacedResourceQuota({ namespace, name: 'tenant-quota' });
    last = { used: status?.used ?? {}, hard: status?.hard ?? {} };
    return hasCome(last.used) ? { done: last } : { notYet: JSON.stringify(last.used) };
  }).catch(() => signal.throwIfAborted());
  return last;
}

check(requirements['ISO-QUOTA-STORAGE-LONGHORN'], async (context) => {
  const { namespace } = await scratchTenant(context);
  const {
    cluster: { kubernetes },
    changes,
    signal,
  } = context;
  const resource = 'longhorn.storageclass.storage.k8s.io/requests.storage';
  // Above the total, so that only the cap of the class can refuse; not for volumes: the class is asked for, nothing waits for it.
  await changes.patch(
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'tenant-quota', namespace } },
    { spec: { hard: { 'requests.storage': '80Gi' } } },
  );
  await quotaOf(context, namespace, (used) => used['requests.storage'] !== undefined);
  const ask = async (size: string, storageClass: string, name: string) =>
    tryToMake(kubernetes, claim(namespace, name, { size, storageClass }), { signal });
  for (const [index, size] of ['20Gi', '20Gi', '10Gi'].entries())
    context.control(admitted(`a claim of ${size} of class longhorn`, await ask(size, 'longhorn', `conform-fill-${index}`)));
  context.observe(
    refused('1Gi more of class longhorn', await ask('1Gi', 'longhorn', 'conform-beyond'), { words: ['exceeded quota', resource] }),
  );
  context.control(admitted('1Gi more of another class', await ask('1Gi', 'conform-none', 'conform-other')));
});

/** Guide, Step 6: count/pods. */
const mostPods = 50;

check(requirements['ISO-QUOTA-PODS'], async (context) => {
  const { namespace } = await scratchTenant(context);
  const {
    cluster: { kubernetes },
    signal,
  } = context;
  const names = Array.from({ length: mostPods }, (_, index) => `conform-fill-${index}`);
  // In tens: as many as fit beside each other in requests.cpu; finished ones give their CPU back, and still count.
  for (const ten of [0, 10, 20, 30, 40].map((start) => names.slice(start, start + 10))) {
    for (const answer of await Promise.all(ten.map((name) => tryToMake(kubernetes, smallPod(namespace, name), { signal }))))
      context.control(admitted(`one of ${mostPods} pods`, answer));
    await Promise.all(
      ten.map((name) =>
        kubernetes.request(
          { method: 'PATCH', path: `/api/v1/namespaces/${namespace}/pods/${name}/status`, body: { status: { phase: 'Succeeded' } } },
          signal,
        ),
      ),
    );
    await quotaOf(context, namespace, (used) => (used['requests.cpu'] ?? '') === '0');
  }
  const full = await quotaOf(context, namespace, (used) => used['count/pods'] === String(mostPods));
  context.observe(
    equal('count/pods in use, by finished pods', { expected: String(mostPods), saw: full.used['count/pods'] ?? 'not counted' }),
  );
  context.observe(
    refused('one pod more', await tryToMake(kubernetes, smallPod(namespace, 'conform-beyond'), { signal }), {
      words: ['exceeded quota', 'count/pods'],
    }),
  );
  context.control(
    equal('requests.cpu in use, so that only the count can refuse', { expected: '0', saw: full.used['requests.cpu'] ?? 'not counted' }),
  );
});

check(requirements['ISO-QUOTA-CONTROLLERS'], async (context) => {
  const { namespace } = await scratchTenant(context);
  const {
    cluster: { kubernetes },
    changes,
    signal,
  } = context;
  const outside = `${namespace.replace('canine-', '')}-outside`;
  await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: outside } });
  // Default limits of 500m each: eight fit in limits.cpu 4. Gated, so that nothing has to start.
  const asked = { replicas: 9, pod: { schedulingGates: [{ name: 'conform.test/counted-only' }], containers: [container('one')] } };
  await Promise.all([namespace, outside].map((each) => tryToMake(kubernetes, deployment(each, 'conform-nine', asked), { signal })));
  const podsIn = async (each: string): Promise<number> => (await kubernetes.core.listNamespacedPod({ namespace: each })).items.length;
  const told = await until('the ReplicaSet to say why', { timeoutMs: 30_000, everyMs: 500, signal }, async () => {
    const { items } = await kubernetes.core.listNamespacedEvent({ namespace, fieldSelector: 'reason=FailedCreate' });
    const message = items.find((each) => each.message?.includes('limits.cpu'))?.message;
    return message === undefined ? { notYet: `${items.length} events` } : { done: message };
  }).catch((error: unknown) => {
    if (error instanceof WaitTimeout) return error;
    throw error;
  });
  const message = told instanceof WaitTimeout ? told.message : told;
  context.observe({
    subject: 'event of the ReplicaSet',
    vantage: 'Kubernetes API',
    expected: 'FailedCreate that names limits.cpu',
    saw: message,
    held: message.includes('exceeded quota') && message.includes('limits.cpu'),
    ...lateIf(told instanceof WaitTimeout),
  });
  context.observe(equal('pods of nine that the tenant got', { expected: '8', saw: String(await podsIn(namespace)) }));
  context.control(equal('pods of nine outside the tenant', { expected: '9', saw: String(await podsIn(outside)) }));
});
