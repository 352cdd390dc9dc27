import { setTimeout as delay } from 'node:timers/promises';
import { promised } from '../../guide/limits.ts';
import { equal, noneOf } from '../../harness/engine/measured.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import type { TalosNode } from '../../harness/platform/talos/client.ts';
import type { EtcdStatus } from '../../harness/platform/talos/messages.ts';
import { TalosError } from '../../harness/platform/talos/talos-error.ts';
import { controlPlanes, nth, workers } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { entriesApart, mayLose, memberFaults } from './etcd-members.ts';
import { type Told, ofMachine, ofMachines } from './machines.ts';
import { requirements } from './requirements.ts';

/** Holders of Leases write every 2 s, kubelets every 10 s: in this time the log of every member has grown. */
const growthMs = 3_000;
const everywhere = 'Talos API of every control plane';

check(requirements['NODE-ETCD-MEMBERS'], async (context) => {
  const { cluster, observe, hint } = context;
  hint(async () => 'talosctl -n 192.168.29.11 etcd members; a member that was never started: talosctl etcd remove-member ID');
  const planes = controlPlanes(cluster);
  const lists = await ofMachines(cluster, planes, async (machine) => machine.etcdMembers());
  for (const { node, vantage, value } of lists) {
    observe(noneOf(`what is wrong with the members that ${node.name} names`, { saw: memberFaults(value, planes), vantage }));
    observe({
      subject: `members that may be lost of those that ${node.name} names`,
      vantage,
      expected: `${mayLose(planes.length)} of ${planes.length}`,
      saw: `${mayLose(value.length)} of ${value.length}`,
      held: value.length === planes.length,
    });
  }
  observe({
    subject: 'members that the control planes name',
    vantage: everywhere,
    expected: 'the same at each',
    saw: [...new Set(lists.map(({ value }) => idsOf(value)))].join(' | '),
    held: new Set(lists.map(({ value }) => idsOf(value))).size === 1,
  });
  const alarms = await ofMachines(cluster, planes, async (machine) => machine.etcdAlarms());
  for (const { node, vantage, value } of alarms)
    observe(noneOf(`alarms that ${node.name} knows of`, { saw: value.map(({ memberId, alarm }) => `${alarm} of ${memberId}`), vantage }));
  await statusesAgree(context);
});

function idsOf(members: readonly { readonly id: string }[]): string {
  return members
    .map(({ id }) => id)
    .toSorted()
    .join(', ');
}

/** All follow one leader, in step; and their logs grow, so that it is not a dead state that they agree on. */
async function statusesAgree({ cluster, observe, control, signal }: CheckContext): Promise<void> {
  const read = async (): Promise<Told<EtcdStatus | string>[]> => ofMachines(cluster, controlPlanes(cluster), statusOf);
  const before = await read();
  const answered = before.flatMap(({ value }) => (typeof value === 'string' ? [] : [value]));
  for (const { node, vantage, value } of before)
    observe({
      subject: `etcd of ${node.name}`,
      vantage,
      expected: 'a status without errors, with a vote',
      saw: typeof value === 'string' ? value : value.errors.join('; ') || (value.isLearner ? 'no vote' : `raft term ${value.raftTerm}`),
      held: typeof value !== 'string' && value.errors.length === 0 && !value.isLearner,
    });
  const leaders = new Set(answered.map(({ leader }) => leader));
  observe({
    key: 'leader of etcd',
    subject: 'leader of etcd',
    vantage: everywhere,
    expected: 'one, the same at each, and a member',
    saw: [...leaders].join(', ') || 'none',
    held: leaders.size === 1 && answered.some(({ memberId }) => leaders.has(memberId)),
  });
  const apart = entriesApart(answered);
  observe({
    key: 'entries of the log by which the members are apart',
    subject: 'entries of the log by which the members are apart',
    vantage: everywhere,
    expected: `less than ${promised.nodes.raftEntries}`,
    saw: String(apart),
    held: apart < promised.nodes.raftEntries,
  });
  await delay(growthMs, undefined, { signal });
  const after = await read();
  for (const [index, { node, vantage, value }] of after.entries()) {
    const earlier = before[index]?.value;
    if (typeof value === 'string' || earlier === undefined || typeof earlier === 'string') continue;
    control({
      key: `the log of ${node.name} after ${growthMs / 1000} s`,
      subject: `the log of ${node.name} after ${growthMs / 1000} s`,
      vantage,
      expected: `longer than ${earlier.raftIndex}`,
      saw: value.raftIndex,
      held: BigInt(value.raftIndex) > BigInt(earlier.raftIndex),
    });
  }
}

/** The status, or the words of a node that answers and whose etcd does not. */
async function statusOf(machine: TalosNode): Promise<EtcdStatus | string> {
  try {
    return await machine.etcdStatus();
  } catch (error) {
    if (error instanceof TalosError && error.kind !== 'unreachable' && error.kind !== 'certificate-refused')
      return `${error.kind}: ${error.details}`;
    throw error;
  }
}

check(requirements['NODE-BOOTSTRAP-ONCE'], async ({ cluster, observe, control }) => {
  const planes = controlPlanes(cluster);
  const members = async (): Promise<string> => ofMachine(cluster, nth(planes, 0), async (machine) => idsOf(await machine.etcdMembers()));
  const before = await members();
  for (const { node, vantage, value } of await ofMachines(cluster, planes, bootstrapAgain))
    observe(equal(`a second bootstrap, on ${node.name}`, { expected: 'already-exists', saw: value, vantage }));
  const worker = nth(workers(cluster), 0);
  control(
    equal(`a bootstrap on a worker, ${worker.name}`, {
      expected: 'failed-precondition',
      saw: await ofMachine(cluster, worker, bootstrapAgain),
      vantage: `Talos API of ${worker.name}`,
    }),
  );
  observe(equal('members of etcd afterwards', { expected: before, saw: await members(), vantage: everywhere }));
});

/** How a node takes it: `accepted`, or the kind of its refusal. Only the node's own answer is a value. */
async function bootstrapAgain(machine: TalosNode): Promise<string> {
  try {
    await machine.bootstrap();
    return 'accepted';
  } catch (error) {
    if (error instanceof TalosError && !['unreachable', 'certificate-refused', 'deadline'].includes(error.kind)) return error.kind;
    throw error;
  }
}
