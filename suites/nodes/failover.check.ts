import { promised } from '../../guide/limits.ts';
import { patience } from '../../harness/engine/patience.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { recovered, wholenessOf } from '../../harness/platform/node-recovery.ts';
import { vipHolder } from '../admin-access/kube-api/vip-holder.ts';
import { check } from '../fixtures/check.ts';
import { killContainer } from '../network/kill-container.ts';
import { withLeadership } from './etcd-leader.ts';
import { ofMachine } from './machines.ts';
import { requirements } from './requirements.ts';
import { type Holder, measureVipFailover } from './vip-failover.ts';

const { gracefulGapMs, crashGapMs, apiServerGapMs, steadyAfterMs, steadyAfterRebootMs } = promised.nodes;
/** After the second loss of the same kind: the first one has shown that writes stay. */
const shortSteadyMs = 20_000;

const hint = async (): Promise<string> =>
  'talosctl -n 192.168.29.11 etcd members: with two members the loss of one stops etcd (E01). With three: is another control plane elected (talosctl get addresses on each)?';

check(
  requirements['NODE-VIP-FAILOVER-GRACEFUL'],
  async (context) => {
    const { cluster, signal } = context;
    context.hint(hint);
    const holder = await vipHolder(context, { timeoutMs: patience('answer') });
    const whole = await wholenessOf(cluster.kubernetes, holder.name, signal);
    try {
      await measureVipFailover(context, holder, {
        text: 'the holder is rebooted in order',
        moves: true,
        limitMs: gracefulGapMs,
        steadyMs: steadyAfterRebootMs,
        lose: async (node) => ofMachine(cluster, node, async (machine) => machine.reboot()),
      });
    } finally {
      await recovered(cluster.kubernetes, { node: holder.name, whole }, { powerOn: async () => undefined, signal });
    }
  },
  { changes: ['node-power'], deadlineMs: 600_000 },
);

check(
  requirements['NODE-VIP-FAILOVER-CRASH'],
  async (context) => {
    context.hint(hint);
    // Talos chooses the next leader: where the holder cannot be made it, its loss without leadership moves the address to one who can.
    const first = await vipHolder(context, { timeoutMs: patience('answer') });
    const leads = await withLeadership(context, first, true);
    const isBack = await cutHolder(context, first, { leads, steadyMs: steadyAfterMs });
    await powerAgain(context);
    // With two members the first loss has decided, and a second one would only say the same.
    if (!isBack) return;
    const second = await vipHolder(context, { timeoutMs: patience('effect') });
    const leadsNow = await withLeadership(context, second, !leads);
    await cutHolder(context, second, { leads: leadsNow, steadyMs: shortSteadyMs });
    await powerAgain(context);
    context.control({
      subject: 'losses of a holder that leads etcd, and of one that does not',
      vantage: 'Talos API of every control plane',
      expected: 'one each',
      saw: leads === leadsNow ? `two of ${leads ? 'the first' : 'the second'} kind` : 'one each',
      held: leads !== leadsNow,
    });
  },
  { changes: ['node-power'], deadlineMs: 1_200_000 },
);

async function cutHolder(
  context: CheckContext,
  holder: Holder,
  { leads, steadyMs }: { leads: boolean; steadyMs: number },
): Promise<boolean> {
  return measureVipFailover(context, holder, {
    text: `the holder, which ${leads ? 'leads' : 'does not lead'} etcd, loses its power`,
    moves: true,
    limitMs: crashGapMs,
    steadyMs,
    lose: async ({ name }) => context.changes.cutPower(name, context.cluster.power(name, 'off'), context.signal),
  });
}

/** Ends when the node is as whole as it was. */
async function powerAgain({ changes }: CheckContext): Promise<void> {
  const left = await changes.undoAll();
  if (left.length > 0) throw new Error(`what was done could not be undone: ${left.join('; ')}`);
}

check(
  requirements['NODE-VIP-API-GONE'],
  async (context) => {
    const { cluster, signal } = context;
    context.hint(async () => 'the log of the kubelet on the holder: does it start the static pod kube-apiserver again?');
    const holder = await vipHolder(context, { timeoutMs: patience('answer') });
    await measureVipFailover(context, holder, {
      text: "the holder's API server dies",
      moves: false,
      limitMs: apiServerGapMs,
      steadyMs: shortSteadyMs,
      lose: async ({ name }) => {
        const pod = await cluster.kubernetes.core.readNamespacedPod({ namespace: 'kube-system', name: `kube-apiserver-${name}` });
        await killContainer(cluster, pod, { container: 'kube-apiserver', signal });
      },
    });
  },
  { deadlineMs: 300_000 },
);
