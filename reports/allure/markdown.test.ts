import { expect, test } from 'vitest';
import { markdownText } from './markdown.ts';

test('no character of a text is read as markup or HTML', () => {
  expect(markdownText('a|b <img src=x>\n# *c* `d` [e](f)')).not.toMatch(/[|<>*`[\]()\n]/);
});
