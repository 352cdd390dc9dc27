import { type TestContext, test } from 'vitest';
import { erratum } from '../guide/errata.ts';
import { type Cluster, connectCluster } from './cluster/cluster.ts';
import { refusalText } from './cluster/kubernetes.ts';
import type { Requirement } from './requirement.ts';
import type { Observation, Result, Verdict } from './run-record.ts';
import { absentNeed, basisOf, verdictOf } from './verdict.ts';

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
  /** What the verdict is about. */
  observe(measured: Measured): void;
  /** What proves that an observation could have come out the other way. */
  control(measured: Measured): void;
  /** What the reader of a broken verdict is told to look at; looked up only when the verdict is broken. */
  hint(next: () => Promise<string>): void;
}

/** A check that has not ended after this time is inconclusive; longer ones say so. */
const checkDeadlineMs = 120_000;

let shared: Cluster | undefined;

/** The cluster that the runner was started for; one connection for all checks of a worker. */
export function cluster(): Cluster {
  shared ??= connectCluster();
  return shared;
}

/** The one check of a requirement. What the body observes decides; what it throws makes the verdict inconclusive. */
export function check(requirement: Requirement, body: (context: CheckContext) => Promise<void>, deadlineMs = checkDeadlineMs): void {
  // A little more than the check's own deadline, so that the body ends by its signal and its verdict is recorded.
  test(requirement.id, { timeout: deadlineMs + 15_000 }, async ({ task, signal }: TestContext) => {
    task.meta.result = await decide(requirement, cluster(), { body, signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) });
  });
}

async function decide(requirement: Requirement, on: Cluster, { body, signal }: { body: (context: CheckContext) => Promise<void>; signal: AbortSignal }): Promise<Result> {
  const startedAt = Date.now();
  const observations: Observation[] = [];
  let hint = async (): Promise<string> => `compare with the guide: ${requirement.guide[0]}`;
  const record = (role: Observation['role']) => (measured: Measured) => void observations.push({ role, at: new Date().toISOString(), ...measured });
  const verdict = await verdictFrom();
  return {
    requirement: {
      id: requirement.id,
      suite: requirement.suite,
      promise: requirement.promise,
      guide: [...requirement.guide],
      severity: requirement.severity,
      kind: requirement.kind,
      needs: [...requirement.needs],
    },
    verdict,
    basis: basisOf(requirement.needs, on.descriptor.capabilities),
    errata: explanations(requirement, verdict, on.descriptor.profile),
    observations,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Date.now() - startedAt,
  };

  async function verdictFrom(): Promise<Verdict> {
    const absent = absentNeed(requirement.needs, on.descriptor.capabilities);
    if (absent !== undefined) return { kind: 'not-run', reason: absent };
    try {
      await body({ cluster: on, signal, observe: record('observation'), control: record('control'), hint: (next) => void (hint = next) });
      const decided = verdictOf(observations);
      return decided.kind === 'broken' ? { ...decided, next: await textOf(hint) } : decided;
    } catch (error) {
      return verdictOf(observations, couldNotLook(error));
    }
  }
}

/** A hint that cannot be looked up leaves the verdict as it is. */
async function textOf(hint: () => Promise<string>): Promise<string> {
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
