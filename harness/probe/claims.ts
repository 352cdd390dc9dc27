import type { Place, Vantages } from './vantages.ts';
import type { Evidence, Measured } from '../engine/evidence.ts';
import { lateIf } from '../engine/measured.ts';
import { type Outcome, blocked, cameThrough, connected, mayBeLate, outcomeText } from './outcome.ts';
import { byPlace } from './places.ts';
import type { Target } from './target.ts';

/** A place to probe from, under a name that is the same in every run, for example `alice on w01`. */
export interface Source {
  readonly name: string;
  readonly place: Place;
}

/** A target to probe, under a name that is the same in every run, for example `bob pod on w02`. */
export interface Destination {
  readonly name: string;
  readonly target: Target;
}

/**
 * The outcome that an attempt must have: any connection; silence without any connection, as a policy makes it; no connection for
 * whatever reason; or an HTTP answer of this status.
 */
type Expectation = 'reached' | 'denied' | 'not-reached' | { readonly status: number };

/** One attempt of a claim. */
export interface ClaimAttempt {
  readonly role: 'observation' | 'control';
  readonly from: Source;
  readonly to: Destination;
  readonly expect: Expectation;
  /** The outcome, where it was measured before in one instant with all others of its claim (connection matrix). */
  readonly seen?: Outcome;
}

/** A statement about connections with everything that proves it. Its attempts are made in one instant, or none of them is. */
export interface Claim {
  readonly attempts: readonly ClaimAttempt[];
}

type Some<T> = T | readonly T[];

export interface Denial {
  readonly from: Some<Source>;
  readonly to: Some<Destination>;
  /** First anchor: targets that the same source reaches, at least one for each. */
  readonly sameSourceReaches: Some<Destination> | ((source: Source) => Some<Destination>);
  /** Second anchor: sources that the denied target answers, at least one for each. */
  readonly targetAnswers: Some<Source> | ((destination: Destination) => Some<Source>);
}

/**
 * No source connects to any of the targets, and a policy is the reason. Three anchors prove it: each source reaches something, each
 * target answers somebody, and the attempt ends in silence without a connection.
 */
export function denial(request: Denial): Claim {
  return anchored(request, 'denied');
}

/** No source connects to any of the targets, for whatever reason: for targets to which no route leads. The anchors are those of a denial. */
export function unreached(request: Denial): Claim {
  return anchored(request, 'not-reached');
}

function anchored({ from, to, sameSourceReaches, targetAnswers }: Denial, expect: 'denied' | 'not-reached'): Claim {
  const [sources, destinations] = [list(from), list(to)];
  const anchorsOf = typeof sameSourceReaches === 'function' ? sameSourceReaches : () => sameSourceReaches;
  const answeredOf = typeof targetAnswers === 'function' ? targetAnswers : () => targetAnswers;
  return claim([
    ...sources.flatMap((source) => destinations.map((destination) => observation(source, destination, expect))),
    ...sources.flatMap((source) => list(anchorsOf(source)).map((destination) => control(source, destination, 'reached'))),
    ...destinations.flatMap((destination) => list(answeredOf(destination)).map((source) => control(source, destination, 'reached'))),
  ]);
}

/** A connection that must come about beside those that a claim is about. */
interface Anchor {
  readonly from: Source;
  readonly to: Destination;
}

interface UnansweredDenial extends Pick<Denial, 'from' | 'to'> {
  /** First anchor: targets that the same source reaches. Left out where every source is one of those whom the hosts answer. */
  readonly sameSourceReaches?: Denial['sameSourceReaches'];
  /** In place of the second anchor: another port, or the ping, of the same hosts. Left out where the hosts do not serve yet. */
  readonly hostsAnswer?: readonly Anchor[];
}

/** A denial of targets that may answer nobody, so that no source is there to anchor them. Each source reaches something all the same. */
export function unansweredDenial(request: UnansweredDenial): Claim {
  return unanswered(request, 'denied');
}

/** Nobody connects to ports that nothing publishes, by whichever failure, while their hosts are there. */
export function unpublished(request: UnansweredDenial & Required<Pick<UnansweredDenial, 'hostsAnswer'>>): Claim {
  return unanswered(request, 'not-reached');
}

function unanswered({ from, to, sameSourceReaches = [], hostsAnswer }: UnansweredDenial, expect: 'denied' | 'not-reached'): Claim {
  const [sources, destinations] = [list(from), list(to)];
  if (sources.length === 0 || destinations.length === 0 || hostsAnswer?.length === 0)
    throw new RangeError('a claim about targets that answer nobody needs sources, targets, and something that their hosts answer to');
  const reachedBy = typeof sameSourceReaches === 'function' ? sameSourceReaches : () => sameSourceReaches;
  const controls = [
    ...sources.flatMap((source) => list(reachedBy(source)).map((destination) => control(source, destination, 'reached'))),
    ...(hostsAnswer ?? []).map((anchor) => control(anchor.from, anchor.to, 'reached')),
  ];
  const unanchored = sources.find(({ name }) => !controls.some((each) => each.from.name === name));
  if (unanchored !== undefined) throw new RangeError(`${unanchored.name} reaches nothing in this claim`);
  return {
    attempts: [...sources.flatMap((source) => destinations.map((destination) => observation(source, destination, expect))), ...controls],
  };
}

export interface Reach {
  readonly from: Some<Source>;
  readonly to: Some<Destination>;
  /** The HTTP status that must come; any connection when left out. */
  readonly status?: number;
  /** Targets that the same source must not reach. When left out: a port of the first target's host where nobody listens. */
  readonly unlike?: Some<Destination> | ((source: Source) => Some<Destination>);
}

/** Each source connects to each of the targets. The control of each source is a target that it does not reach. */
export function reach({ from, to, status, unlike }: Reach): Claim {
  const [sources, destinations] = [list(from), list(to)];
  const expect: Expectation = status === undefined ? 'reached' : { status };
  const [first] = destinations;
  if (first === undefined) throw new RangeError('a claim needs a target');
  const unlikeOf = typeof unlike === 'function' ? unlike : () => unlike ?? silentPort(first);
  return claim([
    ...sources.flatMap((source) => destinations.map((destination) => observation(source, destination, expect))),
    ...sources.flatMap((source) => list(unlikeOf(source)).map((destination) => control(source, destination, 'not-reached'))),
  ]);
}

/** The discard port, on which no host of the documented cluster listens (RFC 863). */
const unusedPort = 9;

/** A port of the same host where nobody listens: the probe must be able to tell it from one that answers. */
export function silentPort({ name, target }: Destination): Destination {
  return { name: `${name}, a port that nobody listens on`, target: { kind: 'tcp', host: hostOf(target), port: unusedPort } };
}

function hostOf(target: Target): string {
  if (target.kind === 'http') return new URL(target.url).hostname;
  if (target.kind === 'dns') return target.server;
  return target.host;
}

/** A source that is a host or node, by the name of its vantage. */
export function atHost(host: string): Source {
  return { name: host, place: { host } };
}

function observation(from: Source, to: Destination, expect: Expectation): ClaimAttempt {
  return { role: 'observation', from, to, expect };
}

function control(from: Source, to: Destination, expect: Expectation): ClaimAttempt {
  return { role: 'control', from, to, expect };
}

/** Throws for a claim that proves nothing: without an observation, or with one whose source or target has no anchor. */
export function claim(attempts: readonly ClaimAttempt[]): Claim {
  const observations = attempts.filter(({ role }) => role === 'observation');
  const controls = attempts.filter(({ role }) => role === 'control');
  if (observations.length === 0) throw new RangeError('a claim without an observation: no pair of source and target was tried');
  for (const { from, to, expect } of observations) {
    const isAnchor = (each: ClaimAttempt): boolean => each.from.name === from.name && each.to.name !== to.name;
    if (!controls.some(isAnchor)) throw new RangeError(`the claim about ${from.name} -> ${to.name} has no anchor at its source`);
    const isDenial = expect === 'denied' || expect === 'not-reached';
    if (isDenial && !controls.some((each) => each.to.name === to.name && each.expect === 'reached'))
      throw new RangeError(`the claim about ${from.name} -> ${to.name} has no anchor at its target`);
  }
  return { attempts };
}

function list<T>(some: Some<T>): readonly T[] {
  return Array.isArray(some) ? (some as readonly T[]) : [some as T];
}

/** The parts of a check's context that claims are tried with and recorded by. */
export interface Prover extends Pick<Evidence, 'observe' | 'control'> {
  readonly cluster: Pick<Vantages, 'probe' | 'prepare' | 'placeText'>;
  readonly signal: AbortSignal;
}

/**
 * Tries all claims in one instant, one command for each place, and records every attempt as observation or control. Nothing is tried
 * again. Returns the outcomes of each claim in the order of its attempts. Throws when a probe itself did not work.
 */
export async function connect(context: Prover, claims: readonly Claim[]): Promise<Outcome[][]> {
  const attempts = claims.flatMap((each) => each.attempts);
  const live = attempts.filter(({ seen }) => seen === undefined);
  const tried = await tryInOneInstant(context, live);
  const outcomeOf = (attempt: ClaimAttempt): Outcome => attempt.seen ?? tried.get(attempt) ?? noAnswer;
  const recorded = new Set<string>();
  for (const attempt of attempts) {
    // Claims share their anchors; each is told once. One that was tried in another instant anchors what was tried then.
    const identity = `${attempt.seen === undefined ? 'now' : 'before'} ${attemptKey(attempt)}`;
    if (attempt.role === 'control' && recorded.has(identity)) continue;
    recorded.add(identity);
    recordAttempt(context, attempt, outcomeOf(attempt));
  }
  return claims.map((each) => each.attempts.map(outcomeOf));
}

/** The outcome of an attempt of which the prober said nothing. */
export const noAnswer: Outcome = { kind: 'failed', text: 'no answer', afterMs: 0 };

async function tryInOneInstant({ cluster, signal }: Prover, attempts: readonly ClaimAttempt[]): Promise<Map<ClaimAttempt, Outcome>> {
  const groups = byPlace(attempts, ({ from }) => from.place);
  // A place that cannot be prepared cannot be probed from either, and says so then.
  await Promise.allSettled(groups.map(async ({ place }) => cluster.prepare(place)));
  const outcomes = new Map<ClaimAttempt, Outcome>();
  await Promise.all(
    groups.map(async ({ place, items }) => {
      const distinct = withoutRepeatedControls(items);
      const answers = await cluster.probe(
        place,
        distinct.map(({ to }) => to.target),
        signal,
      );
      const answered = new Map(distinct.map((each, index) => [identityOf(each), answers[index] ?? noAnswer]));
      for (const each of items) outcomes.set(each, answered.get(identityOf(each)) ?? noAnswer);
    }),
  );
  return outcomes;
}

/** Claims share their anchors; each is tried once. Observations are counted, and so all of them are made. */
function withoutRepeatedControls(attempts: readonly ClaimAttempt[]): ClaimAttempt[] {
  const tried = new Set<string | ClaimAttempt>();
  return attempts.filter((each) => {
    if (each.role === 'observation') return true;
    const isFirst = !tried.has(identityOf(each));
    tried.add(identityOf(each));
    return isFirst;
  });
}

/** A control is the same attempt wherever it is claimed; an observation is one of its own. */
function identityOf(attempt: ClaimAttempt): string | ClaimAttempt {
  return attempt.role === 'control' ? attemptKey(attempt) : attempt;
}

function attemptKey({ from, to, expect }: ClaimAttempt): string {
  return `${from.name} -> ${to.name}: ${expectationText(expect)}`;
}

function recordAttempt({ cluster, observe, control: recordControl }: Prover, attempt: ClaimAttempt, outcome: Outcome): void {
  const { role, from, to, expect } = attempt;
  const vantage = cluster.placeText(from.place);
  if (outcome.kind === 'failed') throw new Error(`the probe at ${vantage} did not work: ${outcome.text}`);
  const measured: Measured = {
    key: attemptKey(attempt),
    subject: `${from.name} -> ${to.name} ${targetText(to.target)}`,
    vantage,
    expected: expectationText(expect),
    saw: outcomeText(outcome),
    held: holds(attempt, outcome),
    ...lateIf(isAwaited(expect) && mayBeLate(outcome)),
    raw: outcome,
  };
  if (role === 'control') recordControl(measured);
  else observe(measured);
}

function isAwaited(expect: Expectation): boolean {
  return expect === 'reached' || typeof expect === 'object';
}

/** Whether an outcome is the one that an attempt must have. */
export function holds({ to, expect }: Pick<ClaimAttempt, 'to' | 'expect'>, outcome: Outcome): boolean {
  if (expect === 'reached') return cameThrough(to.target, outcome);
  if (expect === 'denied') return blocked(outcome);
  if (expect === 'not-reached') return !cameThrough(to.target, outcome) && !connected(outcome);
  return outcome.kind === 'answered' && outcome.status === expect.status;
}

function expectationText(expect: Expectation): string {
  if (typeof expect === 'object') return `HTTP ${expect.status}`;
  return { reached: 'connects', denied: 'silence, no connection', 'not-reached': 'no connection' }[expect];
}

/** A target in words. */
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
