import { expect, test } from 'vitest';
import { sampleSeries } from '../sample-record.ts';
import { gapOf } from './gap-of.ts';

const samples = (text: string): ReturnType<typeof sampleSeries>['samples'] =>
  text.split('').map((each, index) => ({
    atMs: index * 100,
    outcome: each === '-' ? 'timeout' : 'answered 200',
    ok: each !== '-',
    ...(each === '-' ? {} : { answeredBy: each }),
  }));

test.each<[string, number, ReturnType<typeof gapOf>]>([
  ['aaa', 0, undefined],
  ['', 0, undefined],
  ['aa--bb', 300, { fromMs: 100, toMs: 400, open: false, before: ['a'], after: ['b'] }],
  ['a-a---bab', 400, { fromMs: 200, toMs: 600, open: false, before: ['a'], after: ['b', 'a'] }],
  ['a--', 250, { fromMs: 0, toMs: 250, open: true, before: ['a'], after: [] }],
  ['--a', 200, { fromMs: 0, toMs: 200, open: false, before: [], after: ['a'] }],
  ['a----a-', 500, { fromMs: 0, toMs: 500, open: false, before: ['a'], after: ['a'] }],
])('the gap of %j', (text, longestGapMs, gap) => {
  expect(gapOf({ samples: samples(text), longestGapMs })).toEqual(gap);
});

test('the gap of the series for tests', () => {
  expect(gapOf(sampleSeries())).toMatchObject({ fromMs: 3903, toMs: 6303, before: ['echo-w01'], after: ['echo-w02'] });
});
