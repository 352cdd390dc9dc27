import { z } from 'zod';
import { clusterDescriptor } from './descriptor.ts';
import { readTask } from '../engine/runner/task.ts';

/** What `conform verify` hands to the process that runs the checks. */
const runPlan = z.object({
  runId: z.string(),
  /** Requirements to be decided; those that have no consent are not among them. */
  selected: z.array(z.string()),
  cluster: clusterDescriptor,
  /** File of the journal of changes (harness/engine/changes/journal.ts). */
  journal: z.string(),
  /** Milliseconds since the epoch: checks that have not ended by then are inconclusive. */
  endsAt: z.number(),
  leaseWaitSeconds: z.number(),
  command: z.string(),
});

export type RunPlan = z.infer<typeof runPlan>;

/** Reads the plan, which can be done once. Throws when this process was not started by `conform verify`. */
export function readRunPlan(): RunPlan {
  return runPlan.parse(readTask());
}
