import { promised } from '../../guide/limits.ts';
import { attempt } from '../../harness/engine/attempt.ts';
import { runCommand } from '../../harness/engine/changes/command.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { isReady } from '../../harness/platform/kubernetes/kubernetes.ts';
import { recovered, wholenessOf } from '../../harness/platform/node-recovery.ts';
import { inTime } from '../fixtures/in-time.ts';

type Powered = Pick<CheckContext, 'cluster' | 'changes' | 'signal'>;

/** What became of a node that had no power for a while. */
export interface PowerCycle<T> {
  /** What was done meanwhile. */
  readonly value: T;
  /** Milliseconds from the power until the node was Ready; undefined where that was not within the promise. */
  readonly readyAfterMs: number | undefined;
  /** `whole`, or what of the node's pods and volumes was missing at the end of our patience. */
  readonly recovery: string;
}

/**
 * Cuts a node's power, does something while it is off, and gives the power back whatever became of that. The journal has the power,
 * too, in case the run ends before. Throws what the work throws.
 */
export async function whileOff<T>(context: Powered, node: string, work: () => Promise<T>): Promise<PowerCycle<T>> {
  const { cluster, changes, signal } = context;
  const whole = await wholenessOf(cluster.kubernetes, node, signal);
  await changes.cutPower(node, cluster.power(node, 'off'), signal);
  let value: T;
  try {
    value = await work();
  } catch (error) {
    await powerOn(context, node);
    throw error;
  }
  const onAt = Date.now();
  await powerOn(context, node);
  const readyAfterMs = await readyAgain(context, { node, onAt });
  const back = await inTime(async () => recovered(cluster.kubernetes, { node, whole }, { powerOn: async () => undefined, signal }));
  return { value, readyAfterMs, recovery: back.kind === 'done' ? 'whole' : back.text };
}

async function powerOn({ cluster, signal }: Powered, node: string): Promise<void> {
  await runCommand(cluster.power(node, 'on').run, signal);
}

/** Ready is what the API says of a node that is off, too, for a while: its Lease must be newer than the power. */
async function readyAgain({ cluster, signal }: Powered, { node, onAt }: { node: string; onAt: number }): Promise<number | undefined> {
  const { core, coordination } = cluster.kubernetes;
  const came = await inTime(async () =>
    until(`${node} to be Ready`, { timeoutMs: promised.nodes.readyAgainMs, everyMs: 500, signal }, async () => {
      // The API itself may be away, where the node is one of two control planes.
      const asked = await attempt(signal, async () => {
        const lease = await coordination.readNamespacedLease({ namespace: 'kube-node-lease', name: node });
        return { isUp: isReady(await core.readNode({ name: node })), renewed: new Date(lease.spec?.renewTime ?? 0).getTime() };
      });
      if (asked.kind === 'failed') return { notYet: asked.text };
      return asked.value.isUp && asked.value.renewed > onAt ? { done: Date.now() - onAt } : { notYet: 'not yet' };
    }),
  );
  return came.kind === 'done' ? came.value : undefined;
}
