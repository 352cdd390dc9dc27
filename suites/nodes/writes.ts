import { setTimeout as delay } from 'node:timers/promises';
import type { V1ConfigMap } from '@kubernetes/client-node';
import { type Attempt, attempt } from '../../harness/engine/attempt.ts';
import type { SampledSeries } from '../../harness/engine/run-record.ts';
import { nonce } from '../../harness/engine/stable-key.ts';
import type { CheckContext } from '../../harness/platform/check.ts';
import { type WriteAttempt, type WriteMark, writeSeries } from './write-series.ts';

/** So often a write begins, whatever became of those before it (register, NODE-VIP-FAILOVER-*). */
const everyMs = 500;
/** A write that has no answer after this time has failed. It may still come to pass: no more than what was acknowledged is counted. */
const givenUpMs = 2_000;
const workstation = 'admin workstation';

/** An object that is written to at one address. */
export interface Writing {
  mark(text: string): void;
  /** The series as it stands; a write without an answer yet is not in it. */
  soFar(): SampledSeries;
  /** Ends it. The keys that were acknowledged, and the series of attempts. */
  stop(): Promise<{ readonly acknowledged: readonly string[]; readonly series: SampledSeries }>;
}

interface WrittenObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** An object for writes of its own; it goes with the changes of the check. */
export async function writtenObject({ changes }: Pick<CheckContext, 'changes'>): Promise<WrittenObject> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `conform-writes-${nonce()}`, namespace: 'default' } };
  await changes.create(object);
  return object;
}

/** Writes a key of its own each time to an object at one host alone, each over a connection of its own, until it is stopped. */
export function startWriting(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  { host, name, object }: { host: string; name: string; object: WrittenObject },
): Writing {
  const { request } = cluster.kubernetes.at(host);
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const path = `/api/v1/namespaces/${object.metadata.namespace}/configmaps/${object.metadata.name}`;
  const attempts: WriteAttempt[] = [];
  const acknowledged: string[] = [];
  const marks: WriteMark[] = [];
  const write = async (key: string): Promise<void> => {
    const beganAt = Date.now();
    const soon = AbortSignal.any([signal, AbortSignal.timeout(givenUpMs)]);
    const done = await attempt(signal, async () =>
      request({ method: 'PATCH', path, body: { data: { [key]: '1' } }, headers: { connection: 'close' } }, soon),
    );
    const isWritten = done.kind === 'done' && done.value.status === 200;
    if (isWritten) acknowledged.push(key);
    attempts.push({ beganAt, endedAt: Date.now(), outcome: isWritten ? 'written' : outcomeOf(done), isWritten });
  };
  const target = `https://${host}:6443${path}`;
  const soFar = (): SampledSeries => writeSeries(attempts, { name, vantage: workstation, target, everyMs, endedAt: Date.now(), marks });
  const working = writeUntil(stop, write);
  return {
    mark: (text) => void marks.push({ at: Date.now(), text }),
    soFar,
    stop: async () => {
      ended.abort();
      await working;
      signal.throwIfAborted();
      return { acknowledged, series: soFar() };
    },
  };
}

function outcomeOf(done: Attempt<{ readonly status: number; readonly message: string }>): string {
  if (done.kind === 'failed') return done.text.split('\n')[0]?.slice(0, 120) ?? 'no answer';
  return `answered ${done.value.status} ${done.value.message}`.trim().slice(0, 120);
}

async function writeUntil(stop: AbortSignal, write: (key: string) => Promise<void>): Promise<void> {
  const begun: Promise<void>[] = [];
  for (let index = 0; !stop.aborted; index += 1) {
    // Its failure is an attempt of the series; when the check itself is stopped, that is told by stop().
    begun.push(write(`key-${String(index).padStart(5, '0')}`).catch(() => undefined));
    await delay(everyMs, undefined, { signal: stop }).catch(() => undefined);
  }
  await Promise.all(begun);
}

/** The acknowledged writes that are not in the object any more. */
export async function lostWrites(
  { cluster, signal }: Pick<CheckContext, 'cluster' | 'signal'>,
  object: WrittenObject,
  acknowledged: readonly string[],
): Promise<string[]> {
  const read: V1ConfigMap | undefined = await cluster.kubernetes.raw.read(object, signal);
  if (read === undefined) return [...acknowledged];
  return acknowledged.filter((key) => read.data?.[key] === undefined);
}
