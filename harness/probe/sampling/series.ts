import type { SampledSeries } from '../../engine/run-record.ts';
import type { Vantages } from '../vantages.ts';
import type { SampledAttempt } from './sampled-attempt.ts';
import { type SampledRequest, requestText } from './sampled-request.ts';
import { longestGapMs, samplesOf } from './samples.ts';

/** A text at a time, in milliseconds since the epoch. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** sample.sh has the reason (least_name_step). */
const leastNameStepMs = 250;

/** A series for each request, by its index. All have the time of the first attempt of any as their beginning. Throws when one has no sample. */
export function seriesOf(
  attempts: ReadonlyMap<number, readonly SampledAttempt[]>,
  requests: readonly SampledRequest[],
  sampling: Pick<Vantages, 'placeText'> & { readonly marks: readonly Mark[]; readonly everyMs: number; readonly endedAt: number },
): SampledSeries[] {
  const all = [...attempts.values()].flat();
  const zero = Math.min(...all.map(({ beganAt }) => beganAt));
  return requests.map((request, index) => {
    const connection = 'url' in request ? request.connection : 'new';
    const samples = samplesOf(attempts.get(index) ?? [], { connection, zero });
    const vantage = sampling.placeText(request.from);
    if (samples.length === 0) throw new Error(`${request.name}: no sample from ${vantage}`);
    return {
      name: request.name,
      vantage,
      target: requestText(request),
      connection,
      startedAt: new Date(zero).toISOString(),
      everyMs: 'url' in request ? sampling.everyMs : Math.max(sampling.everyMs, leastNameStepMs),
      samples,
      events: sampling.marks.map(({ at, text }) => ({ atMs: Math.max(0, Math.round(at - zero)), text })),
      longestGapMs: longestGapMs(samples, Math.round(sampling.endedAt - zero)),
      failures: samples.filter(({ ok }) => !ok).length,
    };
  });
}
