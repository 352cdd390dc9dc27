import type { Requirement } from '../harness/engine/requirement.ts';

/** What a user has allowed beside checks that read or make objects of their own. */
interface Consent {
  readonly disruptive?: boolean;
  readonly long?: boolean;
}

/**
 * What is not run because nobody has allowed it. A cluster that the run itself made needs no consent to be interrupted; time is always
 * the user's.
 */
export function withoutConsent(selected: readonly Requirement[], consent: Consent): { requirement: Requirement; reason: string }[] {
  return selected.flatMap((requirement) => {
    const reason = refusal(requirement, consent);
    return reason === undefined ? [] : [{ requirement, reason }];
  });
}

function refusal({ kind, needs }: Requirement, { disruptive, long }: Consent): string | undefined {
  const interrupts = kind === 'disruptive' || (kind === 'long' && needs.includes('node-power'));
  if (interrupts && disruptive !== true)
    return 'it interrupts the cluster: give --disruptive, or let the run make a cluster of its own (conform rehearse)';
  if (kind === 'long' && long !== true) return 'it takes many minutes: give --long';
  return undefined;
}
