import { setTimeout as delay } from 'node:timers/promises';
import type { V1Node } from '@kubernetes/client-node';
import { promised } from '../../guide/limits.ts';
import { attempt } from '../../harness/engine/attempt.ts';
import type { Measured } from '../../harness/engine/evidence.ts';
import { atApi, equal, lateIf } from '../../harness/engine/measured.ts';
import { patience } from '../../harness/engine/patience.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { controlPlanes, nth } from '../admin-access/documented-nodes.ts';
import { check } from '../fixtures/check.ts';
import { cameInTime, inTime } from '../fixtures/in-time.ts';
import { lightestWorker } from '../network/failover-scene.ts';
import { entriesApart } from './etcd-members.ts';
import { ofMachine, ofMachines } from './machines.ts';
import { whileOff } from './power-cycle.ts';
import { requirements } from './requirements.ts';

const { quorumWriteMs, offMs, writtenMeanwhile, readyAgainMs, raftEntries } = promised.nodes;
/** One write that has no answer after this time has failed. */
const oneWriteMs = 5_000;

type Node = ReturnType<typeof controlPlanes>[number];

check(
  requirements['NODE-ETCD-ONE-LOSS'],
  async (context) => {
    const { cluster, control, hint } = context;
    hint(async () => 'talosctl etcd members on a control plane that is left: how many are there, and how many may be lost?');
    for (const lost of controlPlanes(cluster)) {
      const survivor = controlPlanes(cluster).find(({ name }) => name !== lost.name);
      if (survivor === undefined) throw new Error('the documented cluster has one control plane');
      const before = await writeAndRead(context, lost);
      control(
        equal(`a write at ${lost.name} before its loss`, {
          expected: 'written and read',
          saw: before,
          vantage: `API server of ${lost.name}`,
        }),
      );
      const { value: isKept, recovery } = await whileOff(context, lost.name, async () => takesWrites(context, { lost, survivor }));
      // With two members each loss stops etcd, and the next would only say the same.
      if (!isKept) return;
      if (recovery !== 'whole') throw new Error(`${lost.name} did not come back whole, so no other may be lost: ${recovery}`);
      await inStep(context);
    }
  },
  { changes: ['node-power'], deadlineMs: 1_200_000 },
);

/** Waits for a write at the survivor's own address; the wait is the measurement. */
async function takesWrites(context: CheckContext, { lost, survivor }: { lost: Node; survivor: Node }): Promise<boolean> {
  const { observe, signal } = context;
  const startedAt = Date.now();
  const subject = `a write at ${survivor.name} while ${lost.name} is off`;
  const vantage = `API server of ${survivor.name}`;
  const expected = `written and read within ${quorumWriteMs / 1000} s`;
  const came = await inTime(async () =>
    until(subject, { timeoutMs: quorumWriteMs, everyMs: 1000, signal }, async () => {
      const saw = await writeAndRead(context, survivor);
      return saw === 'written and read' ? { done: Date.now() - startedAt } : { notYet: saw };
    }),
  );
  const isKept = came.kind === 'done' && came.value <= quorumWriteMs;
  const saw = (afterMs: number): string => `after ${(afterMs / 1000).toFixed(1)} s`;
  observe({ ...cameInTime(subject, came, { vantage, expected, saw }), held: isKept });
  await noWriteAt(context, lost);
  return isKept;
}

/** A control: a control plane without power takes nothing. */
async function noWriteAt(context: CheckContext, lost: Node): Promise<void> {
  const saw = await writeAndRead(context, lost);
  context.control({
    subject: `a write at ${lost.name} while it is off`,
    vantage: `API server of ${lost.name}`,
    expected: 'no answer',
    saw,
    held: saw !== 'written and read',
  });
}

/** Writes an object at one API server alone and reads it there, which asks a quorum of etcd (Kubernetes: API concepts, get without a resource version). */
async function writeAndRead({ cluster, changes, signal }: CheckContext, { address }: Node): Promise<string> {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `conform-loss-${nonce()}`, namespace: 'default' } };
  const { raw } = cluster.kubernetes.at(address);
  const soon = AbortSignal.any([signal, AbortSignal.timeout(oneWriteMs)]);
  const done = await attempt(signal, async () => {
    await changes.expect(ref);
    await raw.create(ref, soon);
    return (await raw.read(ref, soon)) === undefined ? 'written and not read' : 'written and read';
  });
  return done.kind === 'done' ? done.value : `no answer: ${done.text.split('\n')[0]}`;
}

/** All members answer, and none is behind; the next loss would else be one of two. */
async function inStep({ cluster, signal }: CheckContext): Promise<void> {
  await until('every member of etcd to be in step', { timeoutMs: patience('agentsRestarted'), everyMs: 1000, signal }, async () => {
    const told = await attempt(signal, async () => ofMachines(cluster, controlPlanes(cluster), async (machine) => machine.etcdStatus()));
    if (told.kind === 'failed') return { notYet: told.text };
    const apart = entriesApart(told.value.map(({ value }) => value));
    return apart < raftEntries ? { done: undefined } : { notYet: `${apart} entries apart` };
  });
}

check(
  requirements['NODE-CP-REJOIN'],
  async (context) => {
    const { cluster, changes, observe, control, signal } = context;
    const [survivor, lost] = [nth(controlPlanes(cluster), 0), nth(controlPlanes(cluster), 1)];
    const memberOf = async (): Promise<string> => ofMachine(cluster, lost, async (machine) => (await machine.etcdStatus()).memberId);
    const before = await memberOf();
    const run = nonce();
    const refs = Array.from({ length: writtenMeanwhile }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `conform-rejoin-${run}-${index}`, namespace: 'default' },
    }));
    await Promise.all(refs.map(async (ref) => changes.expect(ref)));
    const there = async (): Promise<number> =>
      (await Promise.all(refs.map(async (ref) => cluster.kubernetes.at(lost.address).raw.read(ref, signal)))).filter(
        (each) => each !== undefined,
      ).length;
    control(
      equal('objects that are there before they are written', {
        expected: '0',
        saw: String(await there()),
        vantage: `API server of ${lost.name}`,
      }),
    );
    const { value: written, readyAfterMs } = await whileOff(context, lost.name, async () => {
      await delay(offMs, undefined, { signal });
      await noWriteAt(context, lost);
      const done = await attempt(signal, async () => {
        const soon = AbortSignal.any([signal, AbortSignal.timeout(quorumWriteMs)]);
        for (const ref of refs) await cluster.kubernetes.at(survivor.address).raw.create(ref, soon);
        return refs.length;
      });
      return done;
    });
    observe({
      subject: `objects written at ${survivor.name} while ${lost.name} is off`,
      vantage: `API server of ${survivor.name}`,
      expected: String(refs.length),
      saw: written.kind === 'done' ? String(written.value) : written.text,
      held: written.kind === 'done',
    });
    if (written.kind === 'failed') return;
    observe(readyInTime(lost.name, readyAfterMs));
    observe(
      equal(`objects that ${lost.name} itself has`, {
        expected: String(refs.length),
        saw: String(await there()),
        vantage: `API server of ${lost.name}`,
      }),
    );
    observe(
      equal(`member of etcd that ${lost.name} is`, { expected: before, saw: await memberOf(), vantage: `Talos API of ${lost.name}` }),
    );
    await inStep(context);
  },
  { changes: ['node-power'], deadlineMs: 900_000 },
);

check(
  requirements['NODE-RESTART-IDENTITY'],
  async (context) => {
    const { cluster, observe, control, signal } = context;
    const node = await lightestWorker(cluster);
    const read = async (): Promise<V1Node> => cluster.kubernetes.core.readNode({ name: node.name });
    const hostname = async (): Promise<string> => ofMachine(cluster, node, async (machine) => machine.hostname());
    const [before, nameBefore] = [await read(), await hostname()];
    const { value: unready, readyAfterMs } = await whileOff(context, node.name, async () => {
      return until(`${node.name} not to be Ready`, { timeoutMs: patience('lostApi'), everyMs: 2000, signal }, async () => {
        const ready = (await read()).status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'absent';
        return ready === 'True' ? { notYet: 'Ready' } : { done: ready };
      });
    });
    const [after, nameAfter] = [await read(), await hostname()];
    observe({ ...readyInTime(node.name, readyAfterMs), key: 'time until the worker is Ready' });
    const facts = ({ metadata, status }: V1Node): Record<string, string> => ({
      uid: metadata?.uid ?? '',
      labels: JSON.stringify(Object.entries(metadata?.labels ?? {}).toSorted(([one], [other]) => one.localeCompare(other))),
      InternalIP: (status?.addresses ?? [])
        .filter(({ type }) => type === 'InternalIP')
        .map(({ address }) => address)
        .join(', '),
    });
    for (const [name, value] of Object.entries(facts(before)))
      observe({
        ...equal(`${name} of the worker after its restart`, { expected: value, saw: facts(after)[name] ?? '' }),
        key: `${name} of the worker`,
      });
    observe(
      equal('hostname of the worker after its restart', { expected: nameBefore, saw: nameAfter, vantage: `Talos API of ${node.name}` }),
    );
    observe(equal('name of the worker', { expected: node.name, saw: nameAfter, vantage: `Talos API of ${node.name}` }));
    control({ subject: 'condition Ready while it was off', vantage: atApi, expected: 'not True', saw: unready, held: unready !== 'True' });
  },
  { changes: ['node-power'], deadlineMs: 600_000 },
);

function readyInTime(name: string, readyAfterMs: number | undefined): Measured {
  return {
    subject: `time until ${name} is Ready`,
    vantage: atApi,
    expected: `at most ${readyAgainMs / 1000} s`,
    saw: readyAfterMs === undefined ? 'longer' : `${(readyAfterMs / 1000).toFixed(0)} s`,
    held: readyAfterMs !== undefined && readyAfterMs <= readyAgainMs,
    ...lateIf(readyAfterMs === undefined),
  };
}
