import { expect, test } from 'vitest';
import { describeStage, describeTimes, describeTotal, single } from './stage.ts';
import { countTests } from './unit-stage.ts';

test('a passed stage is one line', () => {
  expect(describeStage('Lint', single(true, 'noise'), 1234)).toBe('Lint: passed after 1.2 s');
});

test('a stage of many tests says how many', () => {
  expect(describeStage('Unit tests', { passed: 8, failed: 0, output: '' }, 2000)).toBe(
    'Unit tests: passed after 2.0 s (8 passed, 0 failed)',
  );
});

test('a failed stage shows its output', () => {
  expect(describeStage('Lint', single(false, 'a.ts:1: wrong\nFound 1 error\n'), 900)).toBe(
    'Lint: FAILED after 0.9 s\n    a.ts:1: wrong\n    Found 1 error',
  );
});

test('of a long output the last 60 lines are shown', () => {
  const lines = describeStage('Lint', single(false, Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')), 0).split('\n');
  expect(lines.slice(0, 3)).toEqual(['Lint: FAILED after 0.0 s', '    ... 40 lines before these', '    line 40']);
  expect(lines.at(-1)).toBe('    line 99');
});

test('the total counts the tests of all stages', () => {
  expect(describeTotal([single(true, ''), { passed: 40, failed: 2, output: '' }, single(false, '')])).toBe('41 passed, 3 failed');
  expect(describeTotal([])).toBe('0 passed, 0 failed');
});

test('the times of all stages are a table with their sum', () => {
  const stages = [
    { id: 'types', end: single(true, ''), durationMs: 4_120 },
    { id: 'corrected', end: single(false, 'why'), durationMs: 425_000 },
  ];
  expect(describeTimes(stages).split('\n')).toEqual([
    '  types       passed      4.1 s',
    '  corrected   FAILED    425.0 s',
    '  all stages            429.1 s',
  ]);
});

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((one) => ({ status: one })) });

test.each([
  ['passed and failed tests are counted', [file('failed', 'passed', 'failed'), file('passed', 'passed')], false, { passed: 2, failed: 1 }],
  ['skipped and todo tests count as neither', [file('passed', 'passed', 'skipped', 'todo')], true, { passed: 1, failed: 0 }],
  ['a file that could not be loaded has failed', [file('failed'), file('passed', 'passed')], false, { passed: 1, failed: 1 }],
  ['a run that failed without a failed test has failed', [file('passed', 'passed')], false, { passed: 1, failed: 1 }],
  ['no tests at all have failed', [], true, { passed: 0, failed: 1 }],
])('%s', (_, testResults, succeeded, counts) => {
  expect(countTests(JSON.stringify({ testResults }), { succeeded, output: 'out' })).toEqual({ ...counts, output: 'out' });
});
