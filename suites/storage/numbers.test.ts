import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestGapMs, lostNumbers, writingIn } from './numbers.ts';

const writing = (times: readonly number[], untilS: number) => ({
  acknowledged: times.map((atS, index) => ({ number: index + 1, atS })),
  untilS,
});

describe('what a writer tells', () => {
  it('is each number with its time, and the time of now', () => {
    expect(writingIn('1 100.05\n2 100.31\nnow 101.00\n')).toEqual({
      acknowledged: [
        { number: 1, atS: 100.05 },
        { number: 2, atS: 100.31 },
      ],
      untilS: 101,
    });
  });

  it('is nothing where it has not begun', () => {
    expect(writingIn('now 101.00\n')).toEqual({ acknowledged: [], untilS: 101 });
  });

  it('is an error where it was cut off', () => {
    expect(() => writingIn('1 100.05\n')).toThrow('does not tell');
  });
});

describe('the longest gap', () => {
  it.each([
    ['between two numbers', writing([10, 10.2, 15.2, 15.4], 15.5), 5000],
    ['that lasts until now', writing([10, 10.2], 40.2), 30_000],
    ['of a single number is the time since it', writing([10], 11), 1000],
    ['of no number at all is none', writing([], 11), 0],
  ])('%s', (_, of, gap) => {
    expect(longestGapMs(of)).toBe(gap);
  });
});

describe('lost numbers', () => {
  it.each([
    ['are those that the file lacks', '1\n3\n', [2]],
    ['are none where it has all, some of them twice', '1\n2\n2\n3\n4\n', []],
    ['are all of an empty file', '', [1, 2, 3]],
  ])('%s', (_, file, lost) => {
    expect(lostNumbers(writing([1, 2, 3], 4), file)).toEqual(lost);
  });

  it('are none of a file of all numbers, in whatever order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 5 }), (numbers) => {
        expect(lostNumbers(writing([1, 2, 3, 4, 5], 6), numbers.join('\n'))).toEqual([]);
      }),
    );
  });
});
