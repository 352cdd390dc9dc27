import type { SampledSeries } from '../../harness/engine/run-record.ts';

/** How a target that must not answer looks: no answer, or nobody there. */
export const silence = 'silence';

/**
 * What a sampled target did beside being silent, in words; `nothing else` when it always was. Any answer counts, a refusal too,
 * unless the target's machine was off meanwhile: its kernel refuses before anything listens, and reaches nobody's API by that.
 */
export function withoutSilence({ samples }: SampledSeries, { wasOff = false } = {}): string {
  const silent = ['timeout', 'unreachable', ...(wasOff ? ['refused'] : [])];
  const other = samples.filter(({ outcome }) => !silent.includes(outcome));
  return other.length === 0
    ? 'nothing else'
    : `${other.length} of ${samples.length}: ${[...new Set(other.map(({ outcome }) => outcome))].slice(0, 4).join(', ')}`;
}
