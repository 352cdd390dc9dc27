import type { DocumentedNode } from '../../guide/cluster.ts';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { controlPlanes } from '../admin-access/documented-nodes.ts';
import { ofMachine, ofMachines } from './machines.ts';

type Look = Pick<CheckContext, 'cluster' | 'signal'>;

/** The control plane that leads etcd; waits until all name the same. */
async function etcdLeader({ cluster, signal }: Look): Promise<DocumentedNode> {
  return until('one leader of etcd', { timeoutMs: patience('effect'), everyMs: 500, signal }, async () => {
    const told = await ofMachines(cluster, controlPlanes(cluster), async (machine) => machine.etcdStatus());
    const leaders = new Set(told.map(({ value }) => value.leader));
    const leader = told.find(({ value }) => leaders.has(value.memberId));
    return leaders.size === 1 && leader !== undefined ? { done: leader.node } : { notYet: [...leaders].join(', ') };
  });
}

/** Talos moves the leadership to the first other member in the order of their IDs: two of three can be reached, each in two moves. */
const mostMoves = 3;

/**
 * Sees to it that a control plane leads etcd, or that it does not, and says whether it does. Talos chooses the one to whom it moves
 * the leadership, so a member may be out of reach.
 */
export async function withLeadership(look: Look, node: Pick<DocumentedNode, 'name'>, wanted: boolean): Promise<boolean> {
  let leader = await etcdLeader(look);
  for (let moves = 0; moves < mostMoves && (leader.name === node.name) !== wanted; moves += 1) {
    await ofMachine(look.cluster, leader, async (machine) => machine.forfeitEtcdLeadership());
    leader = await otherLeader(look, leader.name);
  }
  return leader.name === node.name;
}

async function otherLeader(look: Look, before: string): Promise<DocumentedNode> {
  return until(`another leader of etcd than ${before}`, { timeoutMs: patience('effect'), everyMs: 500, signal: look.signal }, async () => {
    const leader = await etcdLeader(look);
    return leader.name === before ? { notYet: `still ${before}` } : { done: leader };
  });
}
