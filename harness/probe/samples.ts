import type { SampledSeries } from '../engine/run-record.ts';
import { type Outcome, classify } from './probe.ts';

type Sample = SampledSeries['samples'][number];

/** One attempt as the vantage told it. Times are milliseconds since the epoch, by this machine's clock. */
export interface SampledAttempt {
  readonly beganAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  /** Whether it needed a connection of its own. */
  readonly connected: boolean;
  /** The connection that it was to use was found closed by the other side, or broke before the answer; curl then opened another. */
  readonly lost: boolean;
}

/** Turns times that a vantage told into milliseconds since the epoch by this machine's clock. */
export interface VantageClock {
  /** Centiseconds since the vantage's boot, as /proc/uptime has them. */
  ofUptime(centiseconds: number): number;
  /** Times of day in the trace of one curl, of which is known when it was launched and the first time that it printed. */
  ofTrace(first: { launched: number; dayMs: number }): (dayMs: number) => number;
}

/** One reading of a vantage's clocks: its uptime before and after a curl was run, and the time of day that this curl printed. */
interface ClockReading {
  readonly uptimes: readonly [number, number];
  readonly dayMs: number;
}

/** Moments of this machine: milliseconds since the epoch, and centiseconds since its boot. */
export interface Moment {
  readonly at: number;
  readonly uptime: number;
}

const dayLengthMs = 86_400_000;
/** A curl prints its first line less than a second after it was launched; this much of it is for the reading's own error. */
const readingErrorMs = 150;

/**
 * A vantage's clocks from a reading that was taken between two moments of this machine. An uptime between the two of this
 * machine is its own: the vantage is on it. Any other was read half-way between them.
 * The time that curl prints (--trace-time) is right but for a whole second, which differs from process to process: curl 7
 * puts the seconds of one clock together with the fraction of another.
 */
export function vantageClock({ uptimes: [earlier, later], dayMs }: ClockReading, [before, after]: readonly [Moment, Moment]): VantageClock {
  const own = earlier >= before.uptime && earlier <= after.uptime;
  const zero = own ? before.at - before.uptime * 10 : (before.at + after.at) / 2 - earlier * 10;
  const ofUptime = (centiseconds: number): number => zero + centiseconds * 10;
  const printedAt = ofUptime((earlier + later) / 2);
  return {
    ofUptime,
    ofTrace: (first) => {
      const guess = printedAt + wrapped(first.dayMs - dayMs);
      const secondsOff = Math.floor((guess - ofUptime(first.launched) + readingErrorMs) / 1000);
      const firstAt = guess - secondsOff * 1000;
      return (each) => firstAt + wrapped(each - first.dayMs);
    },
  };
}

/** The shorter way around the day. */
function wrapped(differenceMs: number): number {
  return differenceMs - Math.round(differenceMs / dayLengthMs) * dayLengthMs;
}

/** Milliseconds of the time of day that a line begins with; undefined when it begins with none. */
export function timeOfDay(line: string): number | undefined {
  const match = /^(\d\d):(\d\d):(\d\d)\.(\d+) /.exec(line);
  if (match === null) return undefined;
  const [, hours, minutes, seconds, fraction] = match;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(`${seconds}.${fraction}`)) * 1000;
}

/**
 * What one curl printed of its transfers, one after another: the trace, which begins with a frame that tells the uptime at its
 * launch, with a frame after each transfer (its number, curl's exit code, the HTTP status, new connections, seconds, error);
 * and the first line of each answer before a frame of the same number.
 */
export function curlAttempts(
  { trace, answers }: { trace: readonly string[]; answers: readonly string[] },
  { frame, clock }: { frame: string; clock: VantageClock },
): SampledAttempt[] {
  const [launch = '', ...printed] = trace;
  const first = printed.map(timeOfDay).find((time) => time !== undefined);
  if (first === undefined) return [];
  const timeOf = clock.ofTrace({ launched: Number(launch.slice(frame.length).replace('launched', '')), dayMs: first });
  const bodies = bodiesOf(answers, frame);
  const attempts: SampledAttempt[] = [];
  let lines: string[] = [];
  for (const line of printed) {
    if (!line.startsWith(frame)) {
      lines.push(line);
      continue;
    }
    const attempt = curlAttempt(lines, line.slice(frame.length).trim(), { bodies, timeOf });
    if (attempt !== undefined) attempts.push(attempt);
    lines = [];
  }
  return attempts;
}

/** The frame after the last answer may be missing: curl is ended before it has written it. */
function bodiesOf(answers: readonly string[], frame: string): Map<string, string> {
  const bodies = new Map<string, string>();
  let body = '';
  let next = 0;
  for (const line of answers) {
    if (line.startsWith(frame)) {
      const number = line.slice(frame.length).trim();
      bodies.set(number, body);
      next = Number(number) + 1;
    }
    body = line.startsWith('=') ? line.slice(1) : '';
  }
  if (body !== '') bodies.set(String(next), body);
  return bodies;
}

function curlAttempt(
  lines: readonly string[],
  framed: string,
  { bodies, timeOf }: { bodies: ReadonlyMap<string, string>; timeOf: (dayMs: number) => number },
): SampledAttempt | undefined {
  const began = lines.map(timeOfDay).find((time) => time !== undefined);
  if (began === undefined) return undefined;
  const [number = '', code = '', status = '', connects = '', seconds = '', ...error] = framed.split(' ');
  const afterMs = Math.round(Number(seconds) * 1000);
  const trace = lines.join('\n');
  const text = Number(code) === 0 ? `${bodies.get(number) ?? ''}\n${status}` : `${trace}\n${error.join(' ')}`;
  const beganAt = timeOf(began);
  return {
    beganAt,
    endedAt: beganAt + afterMs,
    outcome: brokenTls(classify(Number(code), text, afterMs)),
    connected: Number(connects) > 0,
    lost: connectionLost.test(trace),
  };
}

/** curl has one exit code for whatever ends a TLS handshake; that the other side broke it off is a reset. */
function brokenTls(outcome: Outcome): Outcome {
  return outcome.kind === 'failed' && /reset by peer|SSL_ERROR_SYSCALL|unexpected eof/.test(outcome.text)
    ? { kind: 'reset', afterMs: outcome.afterMs }
    : outcome;
}

/** How curl tells of a connection that it kept and that is no more. */
const connectionLost = /seems to be dead|Connection died/;

/** What dig printed, each question between two frames with the time and, in the latter, its exit code. */
export function digAttempts(lines: readonly string[], { frame, clock }: { frame: string; clock: VantageClock }): SampledAttempt[] {
  const attempts: SampledAttempt[] = [];
  let began: number | undefined;
  let printed: string[] = [];
  for (const line of lines) {
    const [which, time, code] = line.startsWith(frame) ? line.slice(frame.length).trim().split(' ') : [];
    if (which === undefined) printed.push(line);
    if (which === 'began') [began, printed] = [Number(time), []];
    if (which !== 'ended' || began === undefined) continue;
    const [beganAt, endedAt] = [clock.ofUptime(began), clock.ofUptime(Number(time))];
    attempts.push({
      beganAt,
      endedAt,
      outcome: classify(Number(code), printed.join('\n'), endedAt - beganAt),
      connected: true,
      lost: false,
    });
    began = undefined;
  }
  return attempts;
}

/**
 * The samples of a series, in the order of time. One is good when it was answered, but not by a proxy that finds nobody behind
 * it (HTTP 5xx), and by a names server with NOERROR. A good sample is at the time of its answer, any other at the time when the
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
