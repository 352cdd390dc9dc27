import { expect, test } from 'vitest';
import { sampleResult } from '../../reports/sample-record.ts';
import { type Retried, describeRetried, retriedIn } from './retried.ts';

const retriedOf = (...results: Parameters<typeof sampleResult>[1][]): Retried[] =>
  retriedIn({ results: results.map((changes, index) => sampleResult({ id: `A-${index}` }, changes)) });

test.each<readonly [string, Parameters<typeof sampleResult>[1], Retried[]]>([
  ['a result of one look has no retry', {}, []],
  ['a result that never began has no retry', { attempts: 0 }, []],
  ['a second look is one retry', { attempts: 2 }, [{ id: 'A-0', retries: 1, flaky: false }]],
  ['a flaky result is listed', { attempts: 2, flaky: true }, [{ id: 'A-0', retries: 1, flaky: true }]],
])('%s', (_, result, expected) => {
  expect(retriedOf(result)).toEqual(expected);
});

test('each retried result has a line', () => {
  expect(describeRetried(retriedOf({ attempts: 2 }, {}, { attempts: 2, flaky: true }))).toBe(
    '  retried 1 times: A-0\n  retried 1 times: A-2, FLAKY\n',
  );
});
