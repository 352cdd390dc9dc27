import type { Work } from '../../../harness/engine/work.ts';
import { type Examined, blocking, examine } from './check.ts';
import { machinePrerequisites } from './machine.ts';
import { partsAreBuilt, softwarePrerequisites } from './software.ts';
import { trialPrerequisites } from './trials.ts';

export interface Diagnosis {
  /** In the order in which a user would mend them. */
  readonly prerequisites: readonly Examined[];
  /** The identifiers of those that keep a lab from being started here. */
  readonly blocking: readonly string[];
}

/** Looks at everything that a lab needs from this machine; changes nothing. */
export async function diagnose(work: Work): Promise<Diagnosis> {
  const prerequisites = await examine([...machinePrerequisites, ...trialPrerequisites(work), ...softwarePrerequisites]);
  return { prerequisites, blocking: blocking(prerequisites, await partsAreBuilt()).map(({ id }) => id) };
}
