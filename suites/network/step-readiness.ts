import type { Measured } from '../../harness/engine/evidence.ts';
import type { StepOutcome } from '../../harness/engine/run-record.ts';

interface Limit {
  /** One workload of the step, as the record names it; all of them when left out. */
  readonly workload?: string;
  readonly withinSeconds: number;
}

/** Where a record of the cluster's building is read. */
export const buildingRecord = 'record of the building';

/**
 * How long after the start of a step its workloads were available.
 * Throws where the record has no such step, or no time: then nobody measured it.
 */
export function stepReadiness(steps: readonly StepOutcome[], id: string, { workload, withinSeconds }: Limit): Measured {
  const step = recordedStep(steps, id);
  const asked = { subject: `${workload ?? step.title}: available after its step began`, vantage: buildingRecord };
  const expected = `within ${withinSeconds} s`;
  if (step.outcome !== 'done') return { ...asked, expected, saw: `the step ${step.outcome}: ${step.detail}`, held: false };
  const afterMs = workload === undefined ? step.readyAfterMs : step.workloads?.find((each) => each.workload === workload)?.readyAfterMs;
  if (afterMs === undefined)
    throw new Error(`when ${workload ?? `everything of step ${id}`} was available was not measured when the cluster was built`);
  return { ...asked, expected, saw: `after ${(afterMs / 1000).toFixed(1)} s`, held: afterMs <= withinSeconds * 1000 };
}

/** A step of the record. Throws where there is none. */
export function recordedStep(steps: readonly StepOutcome[], id: string): StepOutcome {
  const step = steps.find((each) => each.id === id);
  if (step === undefined) throw new Error(`the record of how the cluster was built has no step ${id}`);
  return step;
}

/** Clocks of the machine that kept the record and of the API server may differ by so much, and the API gives whole seconds. */
const clockSkewMs = 30_000;

/**
 * The control of whatever a record tells: the API server made the object during the step, so the record is of this cluster and
 * of this installation.
 */
export function madeDuringStep(step: StepOutcome, made: { readonly what: string; readonly at: Date | undefined }): Measured {
  const startedAt = Date.parse(step.startedAt);
  const endedAt = startedAt + Math.max(step.durationMs, step.readyAfterMs ?? 0);
  const at = made.at?.getTime() ?? Number.NaN;
  return {
    subject: `time at which ${made.what} was made`,
    vantage: 'Kubernetes API',
    expected: `during step ${step.id} of the record`,
    saw: made.at === undefined ? 'no such object' : `${((at - startedAt) / 1000).toFixed(0)} s after the step began`,
    held: at >= startedAt - clockSkewMs && at <= endedAt + clockSkewMs,
  };
}
