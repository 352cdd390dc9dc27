import { expect, test } from 'vitest';
import { ofThisMachine } from './describe.ts';

test.each([
  ['two processors at their usual speed', 2, 50_000, { checksAtOnce: 3, patience: 2 }],
  ['two processors at a quarter of it', 2, 240_000, { checksAtOnce: 2, patience: 4 }],
  ['two processors that hardly move', 2, 900_000, { checksAtOnce: 2, patience: 6 }],
  ['many processors', 16, 30_000, { checksAtOnce: 8, patience: 1 }],
])('%s have the waits and the checks at once that they can bear', (_, processors, stepsMs, expected) => {
  expect(ofThisMachine(processors, stepsMs)).toEqual(expected);
});
