import { runCommand } from '../../harness/engine/changes/command.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { recovered, wholenessOf } from '../../harness/platform/node-recovery.ts';

type Powered = Pick<CheckContext, 'cluster' | 'changes' | 'signal'>;

/**
 * Cuts a node's power, does something while it is off, and gives the power back whatever became of that. Ends when the node is as
 * whole as it was. The journal has the power, too, in case the run ends before.
 */
export async function whileOff<T>({ cluster, changes, signal }: Powered, node: string, work: () => Promise<T>): Promise<T> {
  const whole = await wholenessOf(cluster.kubernetes, node, signal);
  await changes.cutPower(node, cluster.power(node, 'off'), signal);
  try {
    return await work();
  } finally {
    const { run } = cluster.power(node, 'on');
    await recovered(cluster.kubernetes, { node, whole }, { powerOn: async () => void (await runCommand(run, signal)), signal });
  }
}
