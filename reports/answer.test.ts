import { expect, test } from 'vitest';
import type { Result } from '../harness/engine/run-record.ts';
import { answerOf } from './answer.ts';
import { sampleResult, sampleVerdicts } from './sample-record.ts';

const kept = sampleResult();
const rehearsed = sampleResult({}, { basis: { kind: 'stand-in', components: ['longhorn'] } });
const of = (kind: Result['verdict']['kind'], ...errata: string[]): Result =>
  sampleResult({}, { verdict: sampleVerdicts[kind], errata: errata.map((id) => ({ id, section: 's', happens: 'h', correction: 'c' })) });

test.each<[Result[], string]>([
  [[kept, kept], 'Every selected promise is kept on real parts'],
  [[kept, rehearsed], 'No promise is broken: 1 kept on real parts, 1 only rehearsed on stand-ins'],
  [[kept, of('waived'), of('not-run')], 'No promise is broken: 1 kept on real parts, 1 waived by an owner although not kept, 1 not run'],
  [[kept, of('broken')], '1 promise is broken, not explained by any erratum of the guide'],
  [
    [of('broken', 'E19', 'E101'), of('broken', 'E19'), of('broken')],
    '3 promises are broken, 2 of them explained by errata of the guide: E19 E101',
  ],
  [
    [of('broken', 'E15'), of('inconclusive')],
    '1 promise is broken, 1 of them explained by errata of the guide: E15; 1 could not be decided',
  ],
  [[kept, of('inconclusive')], 'No promise was seen broken; 1 could not be decided'],
  [[of('not-run')], 'Nothing was decided: no selected promise could be tested'],
  [[], 'Nothing was decided: no promise was selected'],
])('the answer, case %#', (results, answer) => {
  expect(answerOf(results)).toBe(answer);
});
