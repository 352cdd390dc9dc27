import type { SampledSeries } from '../../harness/run-record.ts';

/** How a target that must not answer looks: no answer, or nobody there. */
export const silence = 'silence';

/** What a sampled target did beside being silent, in words; `nothing else` when it always was. Any answer counts, a refusal too. */
export function withoutSilence({ samples }: SampledSeries): string {
  const other = samples.filter(({ outcome }) => outcome !== 'timeout' && outcome !== 'unreachable');
  return other.length === 0 ? 'nothing else' : `${other.length} of ${samples.length}: ${[...new Set(other.map(({ outcome }) => outcome))].slice(0, 4).join(', ')}`;
}
