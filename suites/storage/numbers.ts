import { readFile } from 'node:fs/promises';
import { patience } from '../../harness/engine/patience.ts';
import { until } from '../../harness/engine/waiting.ts';
import type { FixtureContext } from '../../harness/platform/check.ts';
import type { PodPlace } from '../../harness/platform/kubernetes/kubernetes.ts';
import type { ClaimPlace } from './scratch-volumes.ts';

/** A number that was on the volume when it was acknowledged. */
interface Acknowledged {
  readonly number: number;
  /** Seconds since the start of the writer's machine. */
  readonly atS: number;
}

/** All that a writer has acknowledged, up to a moment. */
export interface Writing {
  readonly acknowledged: readonly Acknowledged[];
  readonly untilS: number;
}

/** Starts a pod that writes numbers to a file of the volume, one after another (numbers.sh). */
export async function startWriter(
  { changes }: Pick<FixtureContext, 'changes'>,
  { namespace, claim }: ClaimPlace,
  { node, file, name = `writes-on-${node}` }: { readonly node: string; readonly file: string; readonly name?: string },
): Promise<PodPlace> {
  const script = JSON.stringify(await readFile(`${import.meta.dirname}/numbers.sh`, 'utf8'));
  const values = { NAME: name, NAMESPACE: namespace, NODE: node, CLAIM: claim, FILE: `/data/${file}`, SCRIPT: script };
  await changes.createFrom(`${import.meta.dirname}/writer-pod.yaml`, values);
  return { namespace, pod: name };
}

type Tools = Pick<FixtureContext, 'cluster' | 'signal'>;

/** What a writer has acknowledged until now. */
async function writingOf({ cluster, signal }: Tools, pod: PodPlace): Promise<Writing> {
  const script = 'cat /tmp/acknowledged; echo "now $(cut -d \' \' -f 1 /proc/uptime)"';
  return writingIn(await cluster.kubernetes.run(pod, script, signal));
}

/** Throws for a text without the time at its end. */
export function writingIn(text: string): Writing {
  const untilS = Number(/^now ([\d.]+)$/m.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(untilS)) throw new Error(`the writer does not tell what it has written: ${text.slice(0, 200)}`);
  const acknowledged = [...text.matchAll(/^(\d+) ([\d.]+)$/gm)].map(([, number, at]) => ({ number: Number(number), atS: Number(at) }));
  return { acknowledged, untilS };
}

/** The longest time without an acknowledged write, in milliseconds; one that lasts until the end is a gap as well. */
export function longestGapMs({ acknowledged, untilS }: Writing): number {
  const times = [...acknowledged.map(({ atS }) => atS), untilS];
  return Math.max(0, ...times.slice(1).map((time, index) => Math.round((time - (times[index] ?? time)) * 1000)));
}

/** The acknowledged numbers that a file does not have, each on a line of its own. */
export function lostNumbers({ acknowledged }: Writing, file: string): number[] {
  const there = new Set(file.split('\n').map(Number));
  return acknowledged.map(({ number }) => number).filter((number) => !there.has(number));
}

/** Has a writer end; what it has acknowledged by then. */
export async function stopWriter({ cluster, signal }: Tools, pod: PodPlace): Promise<Writing> {
  await cluster.kubernetes.run(pod, 'touch /tmp/acknowledged.stop', signal);
  await until('the writer to end', { timeoutMs: patience('volumeSettled'), everyMs: 500, signal }, async () => {
    const text = await cluster.kubernetes.run(pod, 'ls /tmp', signal);
    return text.includes('acknowledged.stopped') ? { done: undefined } : { notYet: 'it writes' };
  });
  return writingOf({ cluster, signal }, pod);
}

/** Waits until a writer has acknowledged so many numbers more. Throws a WaitTimeout. */
export async function writesOn(
  { cluster, signal }: Tools,
  pod: PodPlace,
  { more, timeoutMs }: { readonly more: number; readonly timeoutMs: number },
): Promise<number> {
  const first = (await writingOf({ cluster, signal }, pod)).acknowledged.length;
  return until(`${more} more numbers of ${pod.pod}`, { timeoutMs, everyMs: 1000, signal }, async () => {
    const now = (await writingOf({ cluster, signal }, pod)).acknowledged.length;
    return now >= first + more ? { done: now } : { notYet: `${now - first}` };
  });
}
