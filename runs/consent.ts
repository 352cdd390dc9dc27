import type { Requirement } from '../harness/engine/requirement.ts';

/** What is not run because nobody has allowed it. A cluster that the run itself made needs no consent. */
export function withoutConsent(
  selected: readonly Requirement[],
  { disruptive }: { disruptive?: boolean },
): { requirement: Requirement; reason: string }[] {
  if (disruptive === true) return [];
  const reason = 'it interrupts the cluster: give --disruptive, or let the run make a cluster of its own (conform rehearse)';
  return selected.filter(({ kind }) => kind === 'disruptive').map((requirement) => ({ requirement, reason }));
}
