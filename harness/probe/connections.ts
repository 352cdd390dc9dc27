import type { Place } from '../platform/cluster.ts';
import type { CheckContext, Measured } from '../engine/check.ts';
import { lateIf } from '../engine/measured.ts';
import { type Outcome, type Target, blocked, outcomeText, reached } from './probe.ts';

/**
 * What an attempt must come to: any connection; silence or reset, as a policy makes it; no connection for whatever reason
 * (for controls only: it proves no denial); or an HTTP answer of this status.
 */
export type Expectation = 'reached' | 'denied' | 'not-reached' | { readonly status: number };

/** What of a check's context attempts are made with and recorded by. */
export type Recorder = Pick<CheckContext, 'cluster' | 'signal' | 'observe' | 'control'>;

/** One attempt to connect, and what it must come to. */
export interface Connection {
  readonly role: 'observation' | 'control';
  readonly from: Place;
  readonly to: Target;
  /** The target in words, for example `bob/web`. */
  readonly name: string;
  readonly expect: Expectation;
  /** It is made a single time, even where it meets silence: because what it reaches is counted. */
  readonly once?: true;
}

/**
 * Makes all attempts in the same instant, one command for each place, and records each as observation or control.
 * A denial is worth something only with its anchors beside it as controls: the same source reaches an allowed target,
 * and an allowed source reaches the denied target. Returns the outcomes in the order of the attempts.
 */
export async function connections(context: Recorder, attempts: readonly Connection[]): Promise<Outcome[]> {
  return settle(context, attempts, await tryAll(context, attempts));
}

/** All of so many more attempts must come through: behind a Service that leads astray one time in two, one of them does not. */
const attemptsMore = 3;

/**
 * Records attempts that have been made. What should have come through and was met by silence is tried three times more, all in
 * the same instant, before it counts: on a busy machine a time-out may be the prober's own. What came through never counts as
 * denied for having been silent before. Returns the outcomes that count; throws when a probe itself did not work.
 */
export async function settle(context: Recorder, attempts: readonly Connection[], outcomes: readonly Outcome[]): Promise<Outcome[]> {
  const silent = attempts.flatMap((attempt, index) =>
    isAwaited(attempt.expect) && attempt.once !== true && outcomes[index]?.kind === 'timeout' ? [{ attempt, index }] : [],
  );
  const more = await tryAll(
    context,
    silent.flatMap(({ attempt }) => Array.from({ length: attemptsMore }, () => attempt)),
  );
  const again = new Map(silent.map(({ index }, position) => [index, more.slice(position * attemptsMore, (position + 1) * attemptsMore)]));
  return attempts.map((attempt, index) => {
    const first = outcomes[index] ?? noAnswer;
    const others = again.get(index) ?? [];
    const through = others.filter((outcome) => holds(attempt.expect, outcome));
    const outcome = through.length === attemptsMore ? (through[0] ?? first) : first;
    const remark =
      others.length === 0
        ? ''
        : `; ${outcome === first ? '' : `the first time ${outcomeText(first)}, `}tried ${attemptsMore} times more, ${through.length} came through`;
    recordConnection(context, attempt, outcome, remark);
    return outcome;
  });
}

/** What an attempt came to of which the prober said nothing. */
export const noAnswer: Outcome = { kind: 'failed', text: 'no answer', afterMs: 0 };

function isAwaited(expect: Expectation): boolean {
  return expect === 'reached' || typeof expect === 'object';
}

async function tryAll({ cluster, signal }: Recorder, attempts: readonly Connection[]): Promise<Outcome[]> {
  const places = new Map<string, { place: Place; indices: number[] }>();
  for (const [index, { from }] of attempts.entries()) {
    const key = JSON.stringify(from);
    const group = places.get(key) ?? { place: from, indices: [] };
    group.indices.push(index);
    places.set(key, group);
  }
  const outcomes: Outcome[] = [];
  await Promise.all(
    [...places.values()].map(async ({ place, indices }) => {
      const targets = indices.map((index) => targetOf(attempts, index));
      const answers = await cluster.probe(place, targets, signal);
      for (const [position, index] of indices.entries()) outcomes[index] = answers[position] ?? noAnswer;
    }),
  );
  return outcomes;
}

function targetOf(attempts: readonly Connection[], index: number): Target {
  const attempt = attempts[index];
  if (attempt === undefined) throw new RangeError(`no attempt ${index}`);
  return attempt.to;
}

/** Records an attempt and its outcome; throws when the probe itself did not work. */
function recordConnection(context: Recorder, attempt: Connection, outcome: Outcome, remark: string): void {
  const vantage = context.cluster.placeText(attempt.from);
  const measured: Measured = {
    subject: `${vantage} -> ${attempt.name} ${targetText(attempt.to)}`,
    vantage,
    expected: expectationText(attempt.expect),
    saw: `${outcomeText(outcome)}${remark}`,
    held: holds(attempt.expect, outcome),
    ...lateIf(isAwaited(attempt.expect) && outcome.kind === 'timeout'),
    raw: outcome,
  };
  if (outcome.kind === 'failed') throw new Error(`the probe at ${vantage} did not work: ${outcome.text}`);
  if (attempt.role === 'control') context.control(measured);
  else context.observe(measured);
}

/** Whether an outcome is what was expected of the attempt. */
export function holds(expect: Expectation, outcome: Outcome): boolean {
  if (expect === 'reached') return reached(outcome);
  if (expect === 'denied') return blocked(outcome);
  if (expect === 'not-reached') return !reached(outcome);
  return outcome.kind === 'answered' && outcome.status === expect.status;
}

function expectationText(expect: Expectation): string {
  if (typeof expect === 'object') return `HTTP ${expect.status}`;
  return { reached: 'connects', denied: 'no connection (time-out or reset)', 'not-reached': 'no connection' }[expect];
}

export function targetText(target: Target): string {
  switch (target.kind) {
    case 'http':
      return target.url;
    case 'icmp':
      return `${target.host} ping`;
    case 'dns':
      return `${target.name} at ${target.server}:53/${target.over}`;
    default:
      return `${target.host}:${target.port}/${target.kind}`;
  }
}
