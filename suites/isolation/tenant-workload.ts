import type { V1Pod } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { atApi } from '../../harness/engine/measured.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { WaitTimeout, until } from '../../harness/engine/waiting.ts';

/** The outcome of a pod that a tenant made: refused, in whose words; a pod that does not run, or none; or a pod that runs. */
export type Became =
  | { readonly kind: 'refused'; readonly text: string }
  | {
      readonly kind: 'idle';
      readonly text: string;
      /** Nothing had come of it in time. */
      readonly late?: true;
      /** The node on which it was placed, and had neither started nor been turned away in time. */
      readonly waitsOn?: string;
    }
  | { readonly kind: 'running'; readonly pod: V1Pod };

interface Workload {
  readonly namespace: string;
  readonly name: string;
}

/** What becomes of a pod: it runs, or it has not begun to within 30 s. */
export async function podBecame(context: Looker, { namespace, name }: Workload): Promise<Became> {
  const { core } = context.cluster.kubernetes;
  return becomes(context, async () => ({
    pods: (await core.listNamespacedPod({ namespace, fieldSelector: `metadata.name=${name}` })).items,
    refusal: undefined,
  }));
}

/** What becomes of the pods of a Deployment (label conform-deployment): a controller makes them, and tells in an event who refused them. */
export async function deploymentBecame(context: Looker, { namespace, name }: Workload): Promise<Became> {
  const { core } = context.cluster.kubernetes;
  return becomes(context, async () => {
    const [pods, events] = await Promise.all([
      core.listNamespacedPod({ namespace, labelSelector: `conform-deployment=${name}` }),
      core.listNamespacedEvent({ namespace, fieldSelector: 'reason=FailedCreate' }),
    ]);
    return { pods: pods.items, refusal: events.items.find(({ involvedObject }) => involvedObject.name?.startsWith(`${name}-`))?.message };
  });
}

type Looker = Pick<CheckContext, 'cluster' | 'signal'>;

async function becomes({ signal }: Looker, look: () => Promise<{ pods: V1Pod[]; refusal: string | undefined }>): Promise<Became> {
  let last: V1Pod | undefined;
  try {
    return await until<Became>('a pod to run', { timeoutMs: promised.isolation.podStaysAwayMs, everyMs: 500, signal }, async () => {
      const {
        pods: [pod],
        refusal,
      } = await look();
      last = pod;
      if (pod?.status?.phase === 'Running') return { done: { kind: 'running', pod } };
      // A pod with a gate of its own will not run: that it was admitted is all there is to know.
      if (pod?.spec?.schedulingGates !== undefined) return { done: { kind: 'idle', text: `${pod.metadata?.name} was admitted` } };
      if (pod !== undefined)
        return { notYet: `${pod.status?.phase} ${pod.status?.conditions?.find(({ status }) => status === 'False')?.message ?? ''}`.trim() };
      return refusal === undefined ? { notYet: 'no pod' } : { done: { kind: 'refused', text: refusal } };
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    const node = last?.status?.phase === 'Pending' ? last.spec?.nodeName : undefined;
    return { kind: 'idle', text: error.message, late: true, ...(node === undefined ? {} : { waitsOn: node }) };
  }
}

export function becameText(became: Became): string {
  return became.kind === 'running' ? `${became.pod.metadata?.name} runs on ${became.pod.spec?.nodeName}` : became.text;
}

/** A pod that must run. */
export function runs(subject: string, became: Became): Measured {
  return { subject, vantage: atApi, expected: 'it runs', saw: becameText(became), held: became.kind === 'running' };
}
