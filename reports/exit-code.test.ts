import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Result } from '../harness/engine/run-record.ts';
import { exitCodeOf } from './exit-code.ts';
import { sampleResult, sampleVerdicts } from './sample-record.ts';

type Kind = Result['verdict']['kind'];

const kinds = Object.keys(sampleVerdicts) as Kind[];
const resultOf = (kind: Kind): Result => sampleResult({}, { verdict: sampleVerdicts[kind] });
const codeOf = (...of: Kind[]): number => exitCodeOf({ results: of.map(resultOf) });

describe('the exit code', () => {
  test.each<[Kind[], number]>([
    [['kept'], 0],
    [['kept', 'not-run'], 0],
    [['kept', 'waived'], 0],
    [['waived'], 0],
    [['broken'], 1],
    [['kept', 'broken', 'inconclusive'], 1],
    [['kept', 'inconclusive'], 3],
    [['waived', 'inconclusive'], 3],
    [['not-run'], 3],
    [[], 3],
  ])('of %j is %i', (of, code) => {
    expect(codeOf(...of)).toBe(code);
  });

  test('of a rehearsed promise is 0', () => {
    const rehearsed = sampleResult({}, { basis: { kind: 'stand-in', components: ['longhorn'] } });
    expect(exitCodeOf({ results: [rehearsed] })).toBe(0);
  });

  const some = fc.array(fc.constantFrom(...kinds));

  test('does not depend on the order of the results', () => {
    const shuffled = some.chain((of) => fc.tuple(fc.constant(of), fc.shuffledSubarray(of, { minLength: of.length })));
    fc.assert(fc.property(shuffled, ([of, reordered]) => codeOf(...of) === codeOf(...reordered)));
  });

  test('is 1 wherever a broken result is added', () => {
    fc.assert(fc.property(some, some, (before, after) => codeOf(...before, 'broken', ...after) === 1));
  });

  test('is never 0 beside an inconclusive result', () => {
    fc.assert(fc.property(some, (of) => codeOf(...of, 'inconclusive') !== 0));
  });
});
