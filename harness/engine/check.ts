import { setTimeout as delay } from 'node:timers/promises';
import { type TestContext, test } from 'vitest';
import { erratum } from '../../guide/errata.ts';
import type { Changes } from './changes/changes.ts';
import type { Cluster, Place } from '../platform/cluster.ts';
import { refusalText } from '../platform/kubernetes/kubernetes.ts';
import { collectDiagnosis } from '../platform/diagnosis/collect.ts';
import { Involved } from './involved.ts';
import { redact, redactValue } from './redaction.ts';
import type { Requirement } from './requirement.ts';
import { type Run, currentRun, ownCluster, registerJob } from './run.ts';
import { type Attachment, type Observation, type Result, type SampledSeries, type Verdict, requirementText } from './run-record.ts';
import type { Resource } from './schedule.ts';
import { absentNeed, basisOf, restsOnTimeouts, verdictOf } from './verdict.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** What a check hands to the runner; the test's own pass or fail says nothing. */
    result?: Result;
  }
}

/** One thing that was measured, as a check reports it; the time is added. */
export type Measured = Omit<Observation, 'role' | 'at'>;

export interface CheckContext {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  /** Changes to the cluster for this check alone; undone when it has been decided and explained. */
  readonly changes: Changes;
  /** What the verdict is about. */
  observe(measured: Measured): void;
  /** What proves that an observation could have come out the other way. */
  control(measured: Measured): void;
  /** What the reader of a broken verdict is told to look at; looked up only when the verdict is broken. */
  hint(next: () => Promise<string>): void;
  /** Sampled series that belong to the verdict; the report draws them. */
  show(series: readonly SampledSeries[]): void;
  /** What the check touched, beyond the places that it probed from: its diagnosis tells of them. */
  readonly involved: Involved;
}

export interface CheckOptions {
  /** A check that has not ended after this time is inconclusive. */
  readonly deadlineMs?: number;
  /** What it shares with other checks, and what it may not be disturbed in. */
  readonly uses?: readonly Resource[];
  /** What it changes in a way that others would notice. */
  readonly changes?: readonly Resource[];
}

const checkDeadlineMs = 120_000;
const disruptiveDeadlineMs = 420_000;
/** Time for a body to end by its signal before it is left behind. */
const graceMs = 15_000;

/** The one check of a requirement. What the body observes decides; what it throws makes the verdict inconclusive. */
export function check(requirement: Requirement, body: (context: CheckContext) => Promise<void>, options: CheckOptions = {}): void {
  const { id, kind } = requirement;
  const job = { id, kind, uses: options.uses ?? [], changes: options.changes ?? [] };
  registerJob(job);
  // The schedule decides when a check begins, so the time-outs are the check's own.
  test.concurrent(id, { timeout: 0 }, async ({ task }: TestContext) => {
    await ownCluster();
    const run = currentRun();
    const deadlineMs = options.deadlineMs ?? (kind === 'disruptive' ? disruptiveDeadlineMs : checkDeadlineMs);
    let first: Result | undefined;
    const decideOnce = async (): Promise<Result> => {
      const result = await decide(requirement, run, { body, deadlineMs, attempts: first === undefined ? 1 : 2 });
      const looked = first === undefined ? result : besideFirst(result, first);
      first ??= result;
      return looked;
    };
    task.meta.result = await run.schedule.run(job, decideOnce, (result) =>
      run.signal.aborted ? 0 : mostLooksBefore(requirement, run, result),
    );
  });
}

/** A verdict of the second look tells what the first one had found. */
function besideFirst(result: Result, { verdict }: Result): Result {
  if (verdict.kind !== 'broken') return result;
  const text = `It looked broken beside other checks:\nExpected  ${verdict.expected}\nSaw       ${verdict.saw}`;
  return { ...result, attachments: [{ title: 'what the first look saw', mediaType: 'text/plain', text }, ...result.attachments] };
}

/** Where more than so many could not look, it is the cluster, and looking again would find the same, one time-out after another. */
const mostThatCouldNotLook = 12;
/** A busy machine makes few of them; where there are more, it is the cluster. */
const mostThatWereLate = 4;

/**
 * How many may have been looked at again before this one is; 0 when its verdict stands. Alone it is looked at again when it could
 * not look, and when it is broken for nothing but time-outs, unless the profile has an erratum that explains them.
 */
function mostLooksBefore({ asWritten }: Requirement, { cluster }: Run, result: Result): number {
  if (result.verdict.kind === 'inconclusive') return mostThatCouldNotLook;
  const isExplained = cluster.descriptor.profile === 'as-written' && asWritten !== undefined;
  return restsOnTimeouts(result) && !isExplained ? mostThatWereLate : 0;
}

interface Attempt {
  readonly body: (context: CheckContext) => Promise<void>;
  readonly deadlineMs: number;
  readonly attempts: number;
}

/** What an attempt at a check has gathered. */
interface Gathered {
  readonly observations: Observation[];
  readonly series: SampledSeries[];
  readonly involved: Involved;
  hint: () => Promise<string>;
}

async function decide(requirement: Requirement, run: Run, attempt: Attempt): Promise<Result> {
  const startedAt = Date.now();
  const on = run.cluster;
  const changes = run.changesOf(requirement.id);
  const gathered: Gathered = {
    observations: [],
    series: [],
    involved: new Involved(),
    hint: async () => `compare with the guide: ${requirement.guide[0]}`,
  };
  const absent = absentNeed(requirement.needs, on.descriptor.capabilities);
  const verdict: Verdict =
    absent === undefined
      ? await verdictFrom(run, { ...attempt, needs: requirement.needs, changes }, gathered)
      : { kind: 'not-run', reason: absent };
  const attachments = await explained(verdict, run, gathered);
  const left = await changes.undoAll();
  return {
    requirement: requirementText(requirement),
    verdict,
    basis: basisOf(requirement.needs, on.descriptor.capabilities),
    errata: explanations(requirement, verdict, on.descriptor.profile),
    observations: gathered.observations,
    attachments: [
      ...attachments,
      ...(left.length === 0 ? [] : [{ title: 'what could not be undone', mediaType: 'text/plain' as const, text: left.join('\n') }]),
    ],
    series: gathered.series,
    attempts: attempt.attempts,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Date.now() - startedAt,
  };
}

async function verdictFrom(
  run: Run,
  { body, needs, deadlineMs, changes }: Attempt & { needs: readonly string[]; changes: Changes },
  gathered: Gathered,
): Promise<Verdict> {
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(deadlineMs)]);
  const record = (role: Observation['role']) => (measured: Measured) =>
    void gathered.observations.push(redacted({ role, at: new Date().toISOString(), ...measured }));
  const context: CheckContext = {
    cluster: watched(run.cluster, gathered.involved),
    signal,
    changes,
    involved: gathered.involved,
    observe: record('observation'),
    control: record('control'),
    hint: (next) => void (gathered.hint = next),
    show: (series) => void gathered.series.push(...series),
  };
  try {
    signal.throwIfAborted();
    await run.installed(needs, signal);
    await Promise.race([body(context), leftBehind(signal)]);
    const decided = verdictOf(gathered.observations);
    return decided.kind === 'broken' ? { ...decided, next: redact(await hintOf(gathered.hint)) } : decided;
  } catch (error) {
    return verdictOf(gathered.observations, couldNotLook(signal.aborted ? reasonOf(signal, deadlineMs) : error));
  }
}

/** A body that does not end by its signal is left behind. */
async function leftBehind(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await delay(graceMs);
  throw new Error('the check did not end by its deadline');
}

function reasonOf(signal: AbortSignal, deadlineMs: number): Error {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.name !== 'TimeoutError') return reason;
  return new Error(`it had not ended after ${deadlineMs / 1000} s`);
}

function redacted(observation: Observation): Observation {
  const { raw, ...rest } = observation;
  return { ...rest, saw: redact(rest.saw), ...(raw === undefined ? {} : { raw: redactValue(raw) }) };
}

/** The same cluster, which notes the places that are probed from. */
function watched(cluster: Cluster, involved: Involved): Cluster {
  const note = (place: Place): void => ('host' in place ? involved.node(place.host) : involved.pod(place.namespace, place.pod));
  return {
    ...cluster,
    probe: (place, targets, signal) => {
      note(place);
      return cluster.probe(place, targets, signal);
    },
  };
}

/** Before anything is deleted: what explains a verdict that is not good. */
async function explained(verdict: Verdict, { cluster, signal }: Run, { involved }: Gathered): Promise<Attachment[]> {
  if (verdict.kind === 'kept' || verdict.kind === 'not-run' || signal.aborted) return [];
  return collectDiagnosis(cluster, involved, signal);
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
  const refusal = refusalText(error);
  if (refusal !== undefined) return { reason: `could not look: ${refusal}`, next: 'diagnosis.txt beside the report; then rerun' };
  const text = error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error);
  return { reason: `could not look: ${text.split('\n').slice(0, 6).join(' ')}`, next: 'diagnosis.txt beside the report; then rerun' };
}

/** On a cluster built as written, errata explain what was not kept. */
function explanations(requirement: Requirement, verdict: Verdict, profile: Cluster['descriptor']['profile']): Result['errata'] {
  if (profile !== 'as-written' || verdict.kind === 'kept' || verdict.kind === 'not-run') return [];
  return (requirement.asWritten?.errata ?? []).map((id) => {
    const { section, happens, correction } = erratum(id);
    return { id, section, happens, correction };
  });
}
