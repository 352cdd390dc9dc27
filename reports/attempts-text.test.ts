import { expect, test } from 'vitest';
import { attemptsText } from './attempts-text.ts';
import { sampleResult, sampleVerdicts } from './sample-record.ts';

test.each([
  { attempts: 0, kind: 'not-run', text: undefined },
  { attempts: 1, kind: 'kept', text: undefined },
  { attempts: 2, kind: 'kept', text: 'decided by attempt 2: the one before could not look, or saw nothing come in time' },
  { attempts: 3, kind: 'broken', text: 'decided by attempt 3: the 2 before could not look, or saw nothing come in time' },
  { attempts: 2, kind: 'inconclusive', text: '2, none of which could look' },
] as const)('$attempts attempts, then $kind', ({ attempts, kind, text }) => {
  expect(attemptsText(sampleResult({}, { attempts, verdict: sampleVerdicts[kind] }))).toBe(text);
});
