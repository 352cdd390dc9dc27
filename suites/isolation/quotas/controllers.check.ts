import { promised } from '../../../guide/limits.ts';
import { atApi, equal, lateIf } from '../../../harness/engine/measured.ts';
import { nonce } from '../../../harness/engine/stable-key.ts';
import { patience } from '../../../harness/engine/patience.ts';
import { WaitTimeout, until } from '../../../harness/engine/waiting.ts';
import type { CheckContext } from '../../../harness/platform/check.ts';
import { check } from '../../fixtures/check.ts';
import { scratchTenant } from '../../fixtures/scratch-tenant.ts';
import { allAdmitted, tryToMake } from '../admission.ts';
import { requirements } from '../requirements.ts';
import { container, deployment } from '../tenant-objects.ts';
import { timedOut } from '../timed-out.ts';
import { livingUses, observeLivingQuotas } from './living-quotas.ts';

/** Default limits of 500m each: eight fit in limits.cpu 4. Gated, so that nothing has to start. */
const nine = { replicas: 9, pod: { schedulingGates: [{ name: 'conform.test/counted-only' }], containers: [container('one')] } };

check(
  requirements['ISO-QUOTA-CONTROLLERS'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    await observeLivingQuotas(context, 'limits.cpu');
    const { namespace } = await scratchTenant(context);
    const outside = `conform-outside-${nonce()}`;
    await changes.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: outside } });
    const deployed = [namespace, outside].map((each) => tryToMake(cluster.kubernetes, deployment(each, 'conform-nine', nine), { signal }));
    control(allAdmitted('a Deployment of nine pods in the tenant, and one outside', await Promise.all(deployed)));
    const told = await refusalTold(context, namespace).catch(timedOut);
    observe({
      subject: 'event FailedCreate of the ReplicaSet',
      vantage: atApi,
      expected: 'exceeded quota, naming limits.cpu',
      saw: told instanceof WaitTimeout ? told.message : told,
      held: !(told instanceof WaitTimeout) && told.includes('exceeded quota'),
      ...lateIf(told instanceof WaitTimeout),
    });
    const [inside, beside] = await Promise.all([settledPods(context, namespace, 8), settledPods(context, outside, 9)]);
    observe(equal('pods of nine that the tenant got', { expected: '8', saw: String(inside) }));
    control(equal('pods of nine outside the tenant', { expected: '9', saw: String(beside) }));
  },
  livingUses,
);

async function refusalTold({ cluster: { kubernetes }, signal }: CheckContext, namespace: string): Promise<string> {
  return until('the ReplicaSet to say why', { timeoutMs: promised.isolation.refusalToldMs, everyMs: 500, signal }, async () => {
    const { items } = await kubernetes.core.listNamespacedEvent({ namespace, fieldSelector: 'reason=FailedCreate' });
    const message = items.find((each) => each.message?.includes('limits.cpu'))?.message;
    return message === undefined ? { notYet: `${items.length} events` } : { done: message };
  });
}

/** The number of a namespace's pods when there are so many, or after the longest time. */
async function settledPods({ cluster: { kubernetes }, signal }: CheckContext, namespace: string, count: number): Promise<number> {
  const look = async (): Promise<number> => (await kubernetes.core.listNamespacedPod({ namespace })).items.length;
  await until(`${count} pods in ${namespace}`, { timeoutMs: patience('effect'), everyMs: 500, signal }, async () => {
    const found = await look();
    return found >= count ? { done: found } : { notYet: String(found) };
  }).catch(timedOut);
  return look();
}
