import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quote, shellCommand, withArguments } from './shell-words.ts';

const words = fc.array(
  fc.string().map((word) => word.replaceAll('\0', '')),
  { maxLength: 5 },
);
const print = 'for word in "$@"; do printf \'%s\\0\' "$word"; done';

it('a program reads its words as they are, whatever they hold', () => {
  fc.assert(
    fc.property(words, (each) => {
      const [program = '', ...rest] = shellCommand(withArguments(print, each), []);
      expect(execFileSync(program, rest).toString()).toBe(each.map((word) => `${word}\0`).join(''));
    }),
    { numRuns: 20 },
  );
});

it('a word is in single quotes, and a single quote in it outside of them', () => {
  expect(quote("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
});
