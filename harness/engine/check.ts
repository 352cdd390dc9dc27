import { setTimeout as delay } from 'node:timers/promises';
import { type TestContext, test } from 'vitest';
import type { DocumentedCluster, Profile } from '../../guide/cluster.ts';
import { erratum } from '../../guide/errata.ts';
import { destructuredFixtures } from './destructured.ts';
import { errorText } from './error-text.ts';
import { type Evidence, EvidenceLog } from './evidence.ts';
import { type Fixture, type Values, taken } from './fixture.ts';
import type { Involved } from './involved.ts';
import { patient } from './patience.ts';
import { redact } from './redaction.ts';
import type { Requirement } from './requirement.ts';
import { type Attachment, type Capability, type Result, type Verdict, requirementText } from './run-record.ts';
import type { Job, Schedule } from './schedule.ts';
import { Use } from './use.ts';
import { absentNeed, basisOf, didNotHold, isFlaky, restsOnTimeouts, verdictOf } from './verdict.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** The result of a check for the runner; the test's own pass or fail says nothing. */
    result?: Result;
  }
}

/** The part of a check's context that the engine makes. */
export interface CheckBase extends Evidence {
  readonly signal: AbortSignal;
}

interface CheckOptions<R extends string> {
  /** A check that has not ended after this time, on a quiet machine, is inconclusive. */
  readonly deadlineMs?: number;
  /** Resources that it shares besides those of its fixtures. */
  readonly uses?: readonly R[];
  /** Resources that it changes in a way that others would notice. */
  readonly changes?: readonly R[];
}

/** What all checks of a process share. */
interface RunState {
  readonly schedule: Schedule;
  /** Aborted, with the reason, when nothing more can be decided. */
  readonly signal: AbortSignal;
  readonly profile: Profile;
  readonly documented: DocumentedCluster;
  readonly capabilities: Readonly<Record<string, Capability>>;
}

/** The run's part of a check: its tools, its preparation and its diagnosis. */
export interface CheckHost<Tools> {
  /** Tells the run that a check exists; all do before the first one starts. */
  register(job: Job): void;
  /** The run; waits until it may work on the cluster. */
  begin(): Promise<RunState>;
  /** Throws when a part that is needed is not installed. */
  requireInstalled(needs: readonly string[], signal: AbortSignal): Promise<void>;
  open(
    owner: string,
    look: { readonly use: Use; readonly evidence: Evidence; readonly signal: AbortSignal },
  ): {
    readonly tools: Tools;
    /** Takes back what the check changed; returns what could not be taken back. */
    undo(): Promise<string[]>;
  };
  /** Explains a verdict that is not good, before anything is deleted. */
  explain(involved: Involved, signal: AbortSignal): Promise<Attachment[]>;
}

type Fixtures = Readonly<Record<string, Fixture<unknown>>>;

/** Defines the one check of a requirement. The fixtures are the names that the body destructures from its second parameter. */
export interface Check<Tools, F extends Fixtures, R extends string> {
  (requirement: Requirement, body: (context: CheckBase & Tools, fixtures: Values<F>) => Promise<void>, options?: CheckOptions<R>): void;
  /** The same with more fixtures to take. */
  extend<G extends Fixtures>(more: G): Check<Tools, F & G, R>;
}

const checkDeadlineMs = 120_000;
const disruptiveDeadlineMs = 420_000;
/** Time for a body to end by its signal before it is left behind. */
const graceMs = 15_000;

/** Makes the function that defines checks on a run. What a body observes decides; what it throws makes the verdict inconclusive. */
export function checksOn<Tools, F extends Fixtures, R extends string>(host: CheckHost<Tools>, fixtures: F): Check<Tools, F, R> {
  const define = (
    requirement: Requirement,
    body: (context: CheckBase & Tools, fixtures: Values<F>) => Promise<void>,
    options: CheckOptions<R> = {},
  ): void => {
    const { id, kind } = requirement;
    const own = fixturesNamed(fixtures, destructuredFixtures(body), id);
    const uses = [...new Set([...(options.uses ?? []), ...Object.values(own).flatMap(({ resources }) => resources)])];
    const job = { id, kind, uses, changes: options.changes ?? [] };
    host.register(job);
    const quietMs = options.deadlineMs ?? (kind === 'disruptive' ? disruptiveDeadlineMs : checkDeadlineMs);
    // The schedule decides when a check begins, so the time-outs are the check's own.
    test.concurrent(id, { timeout: 0 }, async ({ task }: TestContext) => {
      const run = await host.begin();
      const look = async (which: 'first' | 'second'): Promise<Result> =>
        decide(host, run, { requirement, deadlineMs: patient(quietMs), look: which, body, fixtures: own });
      task.meta.result = await twoLooks(run, job, { requirement, look });
    });
  };
  return Object.assign(define, { extend: <G extends Fixtures>(more: G) => checksOn<Tools, F & G, R>(host, { ...fixtures, ...more }) });
}

function fixturesNamed<F extends Fixtures>(known: F, names: readonly string[], id: string): F {
  const unknown = names.filter((name) => known[name] === undefined);
  if (unknown.length > 0) throw new Error(`${id} takes ${unknown.join(', ')}: no such fixture; there are ${Object.keys(known).join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, known[name]])) as F;
}

/** Where more checks could not look, it is the cluster: each further look would only wait for another time-out. */
const mostThatCouldNotLook = 12;
/** A quiet machine makes few checks late; where there are more, it is the cluster. */
const mostThatWereLate = 4;

interface Looks {
  readonly requirement: Requirement;
  readonly look: (which: 'first' | 'second') => Promise<Result>;
}

/**
 * The one rule by which anything is tried again: a whole check, alone, when it could not look or when it is broken for nothing but
 * time-outs that no erratum explains. Its groups are then measured anew, denials together with their anchors.
 */
async function twoLooks(run: RunState, job: Job, { requirement, look }: Looks): Promise<Result> {
  let first: Result | undefined;
  const next = async (): Promise<Result> => {
    const result = await look(first === undefined ? 'first' : 'second');
    if (first !== undefined) return afterSecondLook(first, result);
    first = result;
    return result;
  };
  return run.schedule.run(job, next, (result) => (run.signal.aborted ? 0 : mostBeforeSecondLook(requirement, run, result)));
}

/** The second look decides. Where it differs from the first, the check is flaky, and the result says what the first one saw. */
function afterSecondLook({ verdict: before }: Result, result: Result): Result {
  const looked = { ...result, attempts: 2, flaky: isFlaky(before, result.verdict) };
  const text =
    before.kind === 'broken'
      ? `Expected  ${before.expected}\nSaw       ${before.saw}`
      : before.kind === 'inconclusive'
        ? before.reason
        : before.kind;
  return {
    ...looked,
    attachments: [{ title: 'the first look', mediaType: 'text/plain', text: `${before.kind}\n${text}` }, ...result.attachments],
  };
}

/** How many second looks there may have been before this one is still made; 0 when the verdict stands. */
function mostBeforeSecondLook({ asWritten }: Requirement, { profile }: RunState, result: Result): number {
  if (result.verdict.kind === 'inconclusive') return patient(mostThatCouldNotLook);
  const isExplained = profile === 'as-written' && asWritten !== undefined;
  return restsOnTimeouts(result) && !isExplained ? patient(mostThatWereLate) : 0;
}

interface Trial<Tools, F extends Fixtures> {
  readonly requirement: Requirement;
  readonly body: (context: CheckBase & Tools, fixtures: Values<F>) => Promise<void>;
  readonly fixtures: F;
  readonly deadlineMs: number;
  readonly look: 'first' | 'second';
}

async function decide<Tools, F extends Fixtures>(host: CheckHost<Tools>, run: RunState, trial: Trial<Tools, F>): Promise<Result> {
  const startedAt = Date.now();
  const { requirement, deadlineMs } = trial;
  const { profile, documented, capabilities } = run;
  const log = new EvidenceLog(`compare with the guide: ${requirement.guide[0]}`);
  const use = new Use(capabilities);
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(deadlineMs)]);
  const { tools, undo } = host.open(requirement.id, { use, evidence: log, signal });
  const absent = absentNeed(requirement.needs, capabilities);
  const verdict =
    absent === undefined ? await verdictFrom(host, { trial, tools, log, use, signal }) : { kind: 'not-run' as const, reason: absent };
  const attachments = await explained(host, { verdict, log, signal: run.signal });
  const left = await undo();
  return {
    requirement: requirementText(requirement, documented),
    verdict,
    basis: basisOf([...requirement.needs, ...use.touched], capabilities),
    touched: [...use.touched],
    undeclared: use.touched.filter((each) => !requirement.needs.some((need) => need === each)),
    errata: explanations(requirement, verdict, profile),
    observations: log.observations,
    attachments: [
      ...attachments,
      ...(left.length === 0 ? [] : [{ title: 'what could not be undone', mediaType: 'text/plain' as const, text: left.join('\n') }]),
    ],
    series: log.series,
    attempts: 1,
    flaky: false,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Date.now() - startedAt,
  };
}

interface Looking<Tools, F extends Fixtures> {
  readonly trial: Trial<Tools, F>;
  readonly tools: Tools;
  readonly log: EvidenceLog;
  readonly use: Use;
  readonly signal: AbortSignal;
}

async function verdictFrom<Tools, F extends Fixtures>(
  host: CheckHost<Tools>,
  { trial: { requirement, body, fixtures, deadlineMs, look }, tools, log, use, signal }: Looking<Tools, F>,
): Promise<Verdict> {
  try {
    await host.requireInstalled(requirement.needs, signal);
    // An event that has come is not heard again: a body that began now would wait for ever.
    signal.throwIfAborted();
    const { observe, control, hint, show, involved } = log;
    const context = { ...tools, observe, control, hint, show, involved, signal };
    const work = async (): Promise<void> => body(context, await taken(fixtures, { use, look }));
    await Promise.race([work(), leftBehind(signal)]);
    if (use.absent !== undefined) return { kind: 'not-run', reason: use.absent.message };
    const decided = verdictOf(log.observations);
    return decided.kind === 'broken' ? { ...decided, next: redact(await hintOf(log.nextStep)) } : decided;
  } catch (error) {
    if (use.absent !== undefined) return { kind: 'not-run', reason: use.absent.message };
    return verdictOf(log.observations, couldNotLook(signal.aborted ? reasonOf(signal, deadlineMs) : error));
  }
}

/** A body that does not end by its signal is left behind. */
async function leftBehind(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  // A body that has ended by then needs no process to wait for it.
  await delay(graceMs, undefined, { ref: false });
  throw new Error('the check did not end by its deadline');
}

function reasonOf(signal: AbortSignal, deadlineMs: number): Error {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.name !== 'TimeoutError') return reason;
  return new Error(`it had not ended after ${deadlineMs / 1000} s`);
}

interface Explained {
  readonly verdict: Verdict;
  readonly log: EvidenceLog;
  readonly signal: AbortSignal;
}

async function explained<Tools>(host: CheckHost<Tools>, { verdict, log, signal }: Explained): Promise<Attachment[]> {
  if (!didNotHold(verdict) || signal.aborted) return [];
  return host.explain(log.involved, signal);
}

/** A hint that cannot be looked up leaves the verdict as it is. */
async function hintOf(hint: () => Promise<string>): Promise<string> {
  try {
    return await hint();
  } catch (error) {
    return `the hint could not be looked up: ${couldNotLook(error).reason}`;
  }
}

function couldNotLook(error: unknown): { reason: string; next: string } {
  return {
    reason: `could not look: ${errorText(error).split('\n').slice(0, 6).join(' ')}`,
    next: 'diagnosis.txt beside the report; then rerun',
  };
}

/** On a cluster built as written, errata explain a promise that was not kept. */
function explanations(requirement: Requirement, verdict: Verdict, profile: Profile): Result['errata'] {
  if (profile !== 'as-written' || !didNotHold(verdict)) return [];
  return (requirement.asWritten?.errata ?? []).map((id) => {
    const { section, happens, correction } = erratum(id);
    return { id, section, happens, correction };
  });
}
