import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oneLine, plainLines, shortened } from './plain-text.ts';

test('plain lines hold no terminal sequence and no control character', () => {
  expect(plainLines('\u001b[31mred\u001b[0m\r\nnext\u0007\tcell\u202e\n\n')).toEqual(['red', 'next  cell']);
});

test('a text on one line never has a line break, whatever it holds', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\u2028\u2029]/u.test(oneLine(text))));
});

test('a shortened text says that it was cut', () => {
  expect(shortened('a promise that is long', 10)).toBe('a promise…');
  expect(shortened('short', 10)).toBe('short');
});
