import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The environment variable that names the file of the run's plan. */
export const planVariable = 'CONFORM_PLAN';

/** What `conform verify` hands to the process that runs the checks. */
const runPlan = z.object({
  runId: z.string(),
  /** Requirements to be decided; those that have no consent are not among them. */
  selected: z.array(z.string()),
  /** File of the cluster's descriptor. */
  cluster: z.string(),
  /** File of the journal of changes (harness/engine/changes/journal.ts). */
  journal: z.string(),
  /** Where the run leaves what belongs to no single check. */
  folder: z.string(),
  /** Milliseconds since the epoch: checks that have not ended by then are inconclusive. */
  endsAt: z.number(),
  leaseWaitSeconds: z.number(),
  command: z.string(),
});

export type RunPlan = z.infer<typeof runPlan>;

/** Throws when this process was not started by `conform verify`. */
export function readRunPlan(): RunPlan {
  const file = process.env[planVariable];
  if (file === undefined) throw new Error(`${planVariable} is not set: checks are run by \`conform verify\``);
  return runPlan.parse(JSON.parse(readFileSync(file, 'utf8')));
}
