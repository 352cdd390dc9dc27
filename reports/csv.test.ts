import { expect, test } from 'vitest';
import { csv } from './csv.ts';

test.each<[string | number, string]>([
  ['alice', 'alice'],
  [-3, '-3'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['two\nlines', 'two lines'],
  ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
  ['-1', "'-1"],
])('%j is %s', (value, shown) => {
  expect(csv([[value, 'end']])).toBe(`${shown},end\r\n`);
});
