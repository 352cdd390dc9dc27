import type { Measured } from '../../harness/engine/check.ts';
import type { StepOutcome } from '../../harness/engine/run-record.ts';

interface Limit {
  /** One workload of the step, as the record names it; all of them when left out. */
  readonly workload?: string;
  readonly withinSeconds: number;
}

/**
 * How long after the start of a step its workloads were available.
 * Throws where the record has no such step, or no time: then nobody measured it.
 */
export function stepReadiness(steps: readonly StepOutcome[], id: string, { workload, withinSeconds }: Limit): Measured {
  const step = steps.find((each) => each.id === id);
  if (step === undefined) throw new Error(`the record of how the cluster was built has no step ${id}`);
  const asked = { subject: `${workload ?? step.title}: available after its step began`, vantage: 'record of the building' };
  const expected = `within ${withinSeconds} s`;
  if (step.outcome !== 'done') return { ...asked, expected, saw: `the step ${step.outcome}: ${step.detail}`, held: false };
  const afterMs = workload === undefined ? step.readyAfterMs : step.workloads?.find((each) => each.workload === workload)?.readyAfterMs;
  if (afterMs === undefined)
    throw new Error(`when ${workload ?? `everything of step ${id}`} was available was not measured when the cluster was built`);
  return { ...asked, expected, saw: `after ${(afterMs / 1000).toFixed(1)} s`, held: afterMs <= withinSeconds * 1000 };
}
