import type { SampledSeries } from '../../engine/run-record.ts';
import type { Outcome } from '../outcome.ts';
import type { SampledAttempt } from './sampled-attempt.ts';

type Sample = SampledSeries['samples'][number];

/**
 * The samples of a series, in the order of time. One is good when it was answered, but not by a proxy that finds nobody behind
 * it (HTTP 5xx), and by a name server with NOERROR. A good sample is at the time of its answer, any other at the time when the
 * attempt began: an attempt that fails after a second says that the target did not answer then, not that it would not have now.
 */
export function samplesOf(
  attempts: readonly SampledAttempt[],
  { connection, zero }: { connection: SampledSeries['connection']; zero: number },
): Sample[] {
  const samples = attempts
    .toSorted((a, b) => a.beganAt - b.beganAt)
    .flatMap((attempt, index) => {
      if (connection === 'new') return [sampleOf(attempt, zero)];
      return keptOpenSamples(attempt, { reopened: index > 0 && attempt.connected, zero });
    });
  return samples.toSorted((a, b) => a.atMs - b.atMs);
}

/** The loss of the connection is a failure of its own when the same attempt then got its answer over another. */
function keptOpenSamples(attempt: SampledAttempt, { reopened, zero }: { reopened: boolean; zero: number }): Sample[] {
  const sample = sampleOf(attempt, zero);
  if (!sample.ok) return [{ ...sample, outcome: attempt.lost ? `connection lost, then ${sample.outcome}` : sample.outcome }];
  const answered = { ...sample, outcome: reopened ? `${sample.outcome} over a new connection` : sample.outcome };
  return attempt.lost ? [{ atMs: sinceMs(attempt.beganAt, zero), outcome: 'connection lost', ok: false }, answered] : [answered];
}

function sampleOf({ beganAt, endedAt, outcome }: SampledAttempt, zero: number): Sample {
  const ok = isGood(outcome);
  return {
    atMs: sinceMs(ok ? endedAt : beganAt, zero),
    outcome: kindText(outcome),
    ok,
    ...(outcome.kind === 'answered' && hostName.test(outcome.body) ? { answeredBy: outcome.body } : {}),
  };
}

/** What agnhost's /hostname answers; other answers do not say who gave them. */
const hostName = /^[\w.-]+$/;

function sinceMs(time: number, zero: number): number {
  return Math.max(0, Math.round(time - zero));
}

function isGood(outcome: Outcome): boolean {
  if (outcome.kind === 'answered') return outcome.status < 500;
  return outcome.kind === 'connected' || (outcome.kind === 'resolved' && outcome.code === 'NOERROR');
}

function kindText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `answered ${outcome.status}`;
    case 'resolved':
      return `${outcome.code} ${outcome.addresses.join(', ')}`.trim();
    case 'name-error':
    case 'failed':
      return `${outcome.kind}: ${outcome.text.trim()}`;
    default:
      return outcome.kind;
  }
}

/**
 * The longest time without a good sample around a failure: from the last good one before it (or the series' first sample) to
 * the first good one after it (or the end, when it never answered again). 0 without a failure.
 */
export function longestGapMs(samples: readonly Pick<Sample, 'atMs' | 'ok'>[], endMs: number): number {
  let longest = 0;
  let lastGood = samples[0]?.atMs ?? 0;
  let failing = false;
  for (const { atMs, ok } of samples) {
    if (!ok) {
      failing = true;
      continue;
    }
    if (failing) longest = Math.max(longest, atMs - lastGood);
    failing = false;
    lastGood = atMs;
  }
  return failing ? Math.max(longest, endMs - lastGood) : longest;
}
