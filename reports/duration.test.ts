import { expect, test } from 'vitest';
import { durationText } from './duration.ts';

test.each([
  [0, '0 ms'],
  [8.4, '8 ms'],
  [999, '999 ms'],
  [999.9, '1.0 s'],
  [1240, '1.2 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 0 s'],
  [134_000, '2 min 14 s'],
  [3_599_400, '59 min 59 s'],
  [3_599_600, '1 h 0 min'],
  [3_780_000, '1 h 3 min'],
])('%d ms is %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text);
});
