import type { SampledSeries } from '../../../harness/engine/run-record.ts';

/** What a sampled target did around a policy that denies it; times in milliseconds after the change, undefined for never. */
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
