import { expect, test } from 'vitest';
import { sampleSeries } from '../sample-record.ts';
import { namesText, resultText, seriesText } from './series-text.ts';

const answered = (atMs: number, answeredBy: string): ReturnType<typeof sampleSeries>['samples'][number] => ({
  atMs,
  outcome: 'answered 200',
  ok: true,
  answeredBy,
});
const failed = (atMs: number, outcome: string): ReturnType<typeof sampleSeries>['samples'][number] => ({ atMs, outcome, ok: false });

test('says what was sampled, from where, and what came out', () => {
  expect(seriesText(sampleSeries())).toBe(
    'dashboard at its address (admin 192.168.1.10 -> http://192.168.29.101/hostname, a new connection every 100 ms): longest gap 2.4 s, 23 of 120 samples failed (timeout 23); answered by echo-w01 before, by echo-w02 after',
  );
});

test('says that a connection was kept open', () => {
  expect(seriesText(sampleSeries({ connection: 'kept-open' }))).toContain('a request over one connection every 100 ms');
});

test.each([
  {
    what: 'no failure',
    samples: [answered(0, 'a'), answered(100, 'b')],
    longestGapMs: 0,
    failures: 0,
    words: 'no failure in 2 samples, answered by a, b',
  },
  {
    what: 'no answer any more',
    samples: [answered(0, 'a'), failed(100, 'reset')],
    longestGapMs: 900,
    failures: 1,
    words: 'longest gap 900 ms and no answer after it, 1 of 2 samples failed (reset 1); answered by a before',
  },
  {
    what: 'no answer at all',
    samples: [failed(0, 'timeout')],
    longestGapMs: 900,
    failures: 1,
    words: 'longest gap 900 ms and no answer after it, 1 of 1 samples failed (timeout 1)',
  },
  {
    what: 'many kinds of failure',
    samples: [
      answered(0, 'a'),
      ...['reset', 'timeout', 'timeout', 'refused', 'unreachable'].map((outcome, index) => failed(100 + index, outcome)),
      answered(200, 'a'),
    ],
    longestGapMs: 200,
    failures: 5,
    words: 'longest gap 200 ms, 5 of 7 samples failed (timeout 2, reset 1, refused 1, 1 other kinds); answered by a before, by a after',
  },
])('tells of $what', ({ words, samples, longestGapMs, failures }) => {
  expect(resultText(sampleSeries({ samples, longestGapMs, failures }))).toBe(words);
});

test.each([
  [[], 'nobody'],
  [['a', 'b', 'c'], 'a, b, c'],
  [['a', 'b', 'c', 'd'], 'a, b and 2 others'],
])('names %j', (names, words) => {
  expect(namesText(names)).toBe(words);
});
