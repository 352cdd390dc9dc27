import type { Requirement } from '../../harness/engine/requirement.ts';
import type { Result, RunRecord } from '../../harness/engine/run-record.ts';
import { absentNeed } from '../../harness/engine/verdict.ts';

type Expected = 'kept' | 'broken' | 'inconclusive' | 'not-run';

/**
 * The verdicts of a rehearsal that differ from the register, one line each. On a corrected lab everything that can be looked
 * at is kept; on one as written exactly the requirements that errata name are not, each with the register's verdict and errata.
 */
export function unexpectedVerdicts(record: RunRecord, register: readonly Requirement[]): string[] {
  return register.flatMap((requirement) => {
    const result = record.results.find((candidate) => candidate.requirement.id === requirement.id);
    if (result === undefined) return [`${requirement.id}: the record has no result`];
    const asWritten = record.cluster.profile === 'as-written' ? requirement.asWritten : undefined;
    const isAbsent = absentNeed(requirement.needs, record.cluster.capabilities) !== undefined;
    const expected = isAbsent ? 'not-run' : (asWritten?.verdict ?? 'kept');
    return [...mismatch(result, expected), ...(expected === 'not-run' ? [] : unexplained(result, asWritten?.errata ?? []))];
  });
}

function mismatch({ requirement, verdict }: Result, expected: Expected): string[] {
  return verdict.kind === expected ? [] : [`${requirement.id}: expected ${expected}, saw ${JSON.stringify(verdict)}`];
}

function unexplained({ requirement, errata }: Result, expected: readonly string[]): string[] {
  const missing = expected.filter((id) => errata.every((each) => each.id !== id));
  return missing.length === 0 ? [] : [`${requirement.id}: the result does not point to ${missing.join(', ')}`];
}
