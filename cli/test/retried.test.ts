import { expect, test } from 'vitest';
import { describeRetried, retriedIn } from './retried.ts';

const recordOf = (...results: object[]): unknown => ({
  results: results.map((result, index) => ({ requirement: { id: `A-${index}` }, attempts: 1, ...result })),
});

test.each([
  ['a result of one look has no retry', {}, []],
  ['a result that never began has no retry', { attempts: 0 }, []],
  ['a second look is one retry', { attempts: 2 }, [{ id: 'A-0', retries: 1, flaky: false }]],
  ['counted retries are taken as they are', { retries: 3 }, [{ id: 'A-0', retries: 3, flaky: false }]],
  ['a flaky result is listed', { retries: 1, flaky: true }, [{ id: 'A-0', retries: 1, flaky: true }]],
])('%s', (_, result, expected) => {
  expect(retriedIn(recordOf(result))).toEqual(expected);
});

test('each retried result has a line', () => {
  expect(describeRetried(retriedIn(recordOf({ retries: 2 }, {}, { attempts: 2, flaky: true })))).toBe(
    '  retried 2 times: A-0\n  retried 1 times: A-2, FLAKY\n',
  );
});
