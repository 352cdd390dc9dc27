import type { LastRun, Remembered } from './memory.ts';

/** What the last runs on clusters built as written saw of an erratum. */
export interface Evidence {
  /** Requirements that it explains, as they were last seen; the newest first. */
  readonly verdicts: readonly (Remembered & { readonly requirement: string; readonly cluster: string })[];
  /** Steps of the guide that failed by it. */
  readonly failedSteps: LastRun['failedSteps'];
}

/** Of each requirement the newest verdict counts, whichever cluster it was seen on. */
export function evidenceOf(erratum: string, runs: readonly LastRun[]): Evidence {
  const verdicts = new Map<string, Evidence['verdicts'][number]>();
  for (const { cluster, results } of runs) {
    for (const [requirement, result] of Object.entries(results)) {
      const known = verdicts.get(requirement);
      if (result.profile !== 'as-written' || !result.errata.includes(erratum) || (known !== undefined && known.at > result.at)) continue;
      verdicts.set(requirement, { ...result, requirement, cluster });
    }
  }
  const steps = runs.flatMap(({ failedSteps }) => failedSteps.filter((step) => step.erratum === erratum));
  const failedSteps = steps.filter(({ title }, index) => steps.findIndex((step) => step.title === title) === index);
  return { verdicts: [...verdicts.values()].toSorted((one, other) => other.at.localeCompare(one.at)), failedSteps };
}
