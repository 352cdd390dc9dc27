import { expect, test } from 'vitest';
import { coverageOf, coverageText } from './coverage.ts';
import { sampleRecord } from './sample-record.ts';

test('coverage counts what was decided, and what of it on real parts', () => {
  expect(coverageOf(sampleRecord().results)).toEqual({ selected: 8, decided: 5, decidedOnRealParts: 4 });
});

test.each([
  [{ selected: 8, decided: 5, decidedOnRealParts: 4 }, '5 of 8 selected requirements decided (62 %), 4 on real parts'],
  [{ selected: 1000, decided: 999, decidedOnRealParts: 0 }, '999 of 1000 selected requirements decided (99 %), 0 on real parts'],
  [{ selected: 0, decided: 0, decidedOnRealParts: 0 }, 'no requirement was selected'],
])('coverage in words: %j', (coverage, text) => {
  expect(coverageText(coverage)).toBe(text);
});
