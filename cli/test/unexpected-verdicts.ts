import type { Requirement } from '../../harness/engine/requirement.ts';
import type { Result, RunRecord } from '../../harness/engine/run-record.ts';

type Expected = 'kept' | 'broken' | 'inconclusive';

/**
 * What a rehearsal came to against what the register says of it: on a corrected lab everything that can be looked at is
 * kept, on one as written exactly the requirements that errata name are not, each as the register says.
 */
export function unexpectedVerdicts(record: RunRecord, register: readonly Requirement[]): string[] {
  const { profile, capabilities } = record.cluster;
  return register.flatMap((requirement) => {
    const result = record.results.find((candidate) => candidate.requirement.id === requirement.id);
    if (result === undefined) return [`${requirement.id}: the record has no result`];
    const isAbsent = requirement.needs.some((need) => (capabilities[need]?.kind ?? 'absent') === 'absent');
    const expected: Expected = profile === 'as-written' ? (requirement.asWritten?.verdict ?? 'kept') : 'kept';
    return isAbsent
      ? mismatch(result, 'not-run')
      : [...mismatch(result, expected), ...unexplained(result, profile === 'as-written' ? requirement : undefined)];
  });
}

function mismatch({ requirement, verdict }: Result, expected: Expected | 'not-run'): string[] {
  return verdict.kind === expected ? [] : [`${requirement.id}: expected ${expected}, saw ${JSON.stringify(verdict)}`];
}

function unexplained(result: Result, requirement: Requirement | undefined): string[] {
  const missing = (requirement?.asWritten?.errata ?? []).filter((id) => result.errata.every((each) => each.id !== id));
  return missing.length === 0 ? [] : [`${result.requirement.id}: the result does not point to ${missing.join(', ')}`];
}
