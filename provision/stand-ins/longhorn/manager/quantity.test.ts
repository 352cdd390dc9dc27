import { expect, test } from 'vitest';
import { parseQuantity, roundUpSize } from './quantity.ts';

test.each([
  ['5Gi', 5 * 2 ** 30],
  ['5368709120', 5368709120],
  ['1.5Mi', 1572864],
  ['2G', 2e9],
  ['1e3', 1000],
  ['', 0],
])('%s', (text, bytes) => {
  expect(parseQuantity(text)).toBe(bytes);
});

test.each(['five', '5 Gi', '5Gib', 'Gi'])('%s is refused', (text) => {
  expect(() => parseQuantity(text)).toThrow(`error parsing size '${text}': quantities must match the regular expression`);
});

test.each([
  [0, 2 ** 21],
  [1, 2 ** 21],
  [2 ** 21, 2 ** 21],
  [2 ** 21 + 1, 2 ** 22],
])('%d is rounded up', (bytes, expected) => {
  expect(roundUpSize(bytes)).toBe(expected);
});
