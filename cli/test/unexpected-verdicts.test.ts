import { describe, expect, it } from 'vitest';
import { requirementsOf } from '../../harness/engine/requirement.ts';
import type { Result, RunRecord } from '../../harness/engine/run-record.ts';
import { sampleRecord, sampleResult, sampleVerdicts } from '../../reports/sample-record.ts';
import { unexpectedVerdicts } from './unexpected-verdicts.ts';

const row = { promise: 'p', guide: ['g'], severity: 'major', kind: 'active', fault: 'f' } as const;
const register = Object.values(
  requirementsOf('s', {
    KEPT: { ...row, needs: ['kubernetes'] },
    BROKEN: { ...row, needs: ['kubernetes'], asWritten: { verdict: 'broken', errata: ['E19'] } },
    ABSENT: { ...row, needs: ['kubernetes', 'node-power'], asWritten: { verdict: 'broken', errata: ['E01'] } },
  }),
);
const erratum = { id: 'E19', section: 's', happens: 'h', correction: 'c' };
type Results = Readonly<Record<'KEPT' | 'BROKEN' | 'ABSENT', Partial<Omit<Result, 'requirement'>>>>;
const corrected: Results = { KEPT: {}, BROKEN: {}, ABSENT: { verdict: sampleVerdicts['not-run'] } };
const asWritten: Results = { ...corrected, BROKEN: { verdict: sampleVerdicts.broken, errata: [erratum] } };

function recordOf(profile: RunRecord['cluster']['profile'], results: Partial<Results>): RunRecord {
  const { cluster } = sampleRecord();
  return sampleRecord({
    cluster: { ...cluster, profile },
    results: Object.entries(results).map(([id, changes]) => sampleResult({ id }, changes)),
  });
}

describe('verdicts that differ from the register', () => {
  it.each([
    ['none on a corrected lab that keeps everything', 'corrected', corrected, []],
    ['none as written where the errata name what is broken', 'as-written', asWritten, []],
    [
      'a broken promise on a corrected lab',
      'corrected',
      { ...corrected, BROKEN: asWritten.BROKEN },
      ['BROKEN: expected kept, saw {"kind":"broken"'],
    ],
    [
      'a promise that is kept as written though an erratum says otherwise',
      'as-written',
      { ...asWritten, BROKEN: {} },
      ['BROKEN: expected broken, saw {"kind":"kept"}', 'BROKEN: the result does not point to E19'],
    ],
    [
      'a promise that could not be looked at',
      'corrected',
      { ...corrected, KEPT: { verdict: sampleVerdicts.inconclusive } },
      ['KEPT: expected kept, saw {"kind":"inconclusive"'],
    ],
    ['a verdict of a part that is absent', 'corrected', { ...corrected, ABSENT: {} }, ['ABSENT: expected not-run, saw {"kind":"kept"}']],
    ['a requirement without a result', 'corrected', { KEPT: {}, ABSENT: corrected.ABSENT }, ['BROKEN: the record has no result']],
  ] as const)('%s', (_, profile, results, expected) => {
    const seen = unexpectedVerdicts(recordOf(profile, results), register);
    expect(seen).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(seen[index]).toContain(text);
  });
});
