import type { SampledSeries } from '../../harness/engine/run-record.ts';

/** The longest time without an answer around a failure, and who answered on either side of it. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  /** The target never answered again. */
  readonly open: boolean;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Where the longest gap of a series is; undefined when it had no failure. Its length is the record's. */
export function gapOf({ samples, longestGapMs }: Pick<SampledSeries, 'samples' | 'longestGapMs'>): Gap | undefined {
  let longest: Omit<Gap, 'before' | 'after'> | undefined;
  let lastGood = samples[0]?.atMs ?? 0;
  let failing = false;
  for (const { atMs, ok } of samples) {
    if (ok && failing && atMs - lastGood > lengthOf(longest)) longest = { fromMs: lastGood, toMs: atMs, open: false };
    if (ok) lastGood = atMs;
    failing = !ok;
  }
  if (failing && lengthOf(longest) < longestGapMs) longest = { fromMs: lastGood, toMs: lastGood + longestGapMs, open: true };
  if (longest === undefined) return undefined;
  const { fromMs, toMs, open } = longest;
  return {
    ...longest,
    before: answeredBy(samples.filter(({ atMs }) => atMs <= fromMs)),
    after: open ? [] : answeredBy(samples.filter(({ atMs }) => atMs >= toMs)),
  };
}

function lengthOf(gap: { fromMs: number; toMs: number } | undefined): number {
  return gap === undefined ? -1 : gap.toMs - gap.fromMs;
}

/** Who answered, once each, in the order of their first answers. */
export function answeredBy(samples: SampledSeries['samples']): string[] {
  return [...new Set(samples.flatMap((sample) => (sample.answeredBy === undefined ? [] : [sample.answeredBy])))];
}
