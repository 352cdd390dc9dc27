import type { Measured } from '../../../harness/engine/evidence.ts';
import { lateIf } from '../../../harness/engine/measured.ts';
import type { SampledSeries } from '../../../harness/engine/run-record.ts';
import { stableKey } from '../../../harness/engine/stable-key.ts';

/** The behaviour of a sampled target around a policy that denies it; times in milliseconds after the change, undefined for never. */
export interface InForce {
  /** Whether every sample before the policy was answered, and there was one. */
  readonly openBefore: boolean;
  /** The last answer under the policy; 0 when there was none. */
  readonly lastAllowedMs: number;
  /** How many samples failed between that answer and its removal. */
  readonly deniedThen: number;
  /** The first answer after its removal. */
  readonly firstAllowedMs: number | undefined;
}

/** Reads a series that was sampled while a policy was made and removed, each marked by an event of this text. */
export function inForce(
  { samples, events }: Pick<SampledSeries, 'samples' | 'events'>,
  { made, removed }: { made: string; removed: string },
): InForce {
  const [madeAt, removedAt] = [made, removed].map((wanted) => events.find(({ text }) => text === wanted)?.atMs);
  if (madeAt === undefined || removedAt === undefined)
    throw new Error(`the series lacks an event: ${events.map(({ text }) => text).join(', ')}`);
  const before = samples.filter(({ atMs }) => atMs < madeAt);
  const answers = samples.filter(({ ok }) => ok).map(({ atMs }) => atMs);
  const lastAllowed = answers.findLast((atMs) => atMs >= madeAt && atMs < removedAt);
  const firstAllowed = answers.find((atMs) => atMs >= removedAt);
  return {
    openBefore: before.length > 0 && before.every(({ ok }) => ok),
    lastAllowedMs: lastAllowed === undefined ? 0 : lastAllowed - madeAt,
    deniedThen: samples.filter(({ ok, atMs }) => !ok && atMs > (lastAllowed ?? madeAt) && atMs < removedAt).length,
    firstAllowedMs: firstAllowed === undefined ? undefined : firstAllowed - removedAt,
  };
}

/**
 * A series as evidence. That an attempt was denied is a control: where no answer came late and none was denied either, nobody looked
 * while the policy was in force, and that breaks no promise.
 */
export function inForceMeasured(
  { name, vantage }: Pick<SampledSeries, 'name' | 'vantage'>,
  { seen: { openBefore, lastAllowedMs, deniedThen, firstAllowedMs }, limitMs }: { seen: InForce; limitMs: number },
): { observations: Measured[]; controls: Measured[] } {
  const within = `within ${limitMs / 1000} s`;
  const isInTime = lastAllowedMs <= limitMs;
  return {
    observations: [
      {
        key: stableKey(`${vantage} -> ${name}: last new connection under the policy`),
        subject: `last new connection to ${name} under the policy`,
        vantage,
        expected: `${within} of its creation`,
        saw: `after ${lastAllowedMs} ms, ${deniedThen} denied then`,
        held: isInTime,
      },
      {
        key: stableKey(`${vantage} -> ${name}: first new connection after the policy`),
        subject: `first new connection to ${name} after the policy`,
        vantage,
        expected: `${within} of its removal`,
        saw: firstAllowedMs === undefined ? 'none' : `after ${firstAllowedMs} ms`,
        held: firstAllowedMs !== undefined && firstAllowedMs <= limitMs,
        ...lateIf(firstAllowedMs === undefined || firstAllowedMs > limitMs),
      },
    ],
    controls: [
      {
        key: stableKey(`${vantage} -> ${name}: before the policy`),
        subject: `every attempt at ${name} before the policy`,
        vantage,
        expected: 'connects',
        saw: openBefore ? 'connects' : 'not always',
        held: openBefore,
      },
      ...(isInTime
        ? [
            {
              key: stableKey(`${vantage} -> ${name}: denied under the policy`),
              subject: `attempts at ${name} that were denied under the policy, after the last connection`,
              vantage,
              expected: 'some',
              saw: String(deniedThen),
              held: deniedThen > 0,
            },
          ]
        : []),
    ],
  };
}
