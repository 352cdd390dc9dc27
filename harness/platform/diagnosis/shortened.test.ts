import { describe, expect, it } from 'vitest';
import { shortened } from './collect.ts';

describe('a text of a diagnosis', () => {
  it('that is short stays', () => {
    expect(shortened('short')).toBe('short');
  });

  it('that is long keeps its beginning and its end, and tells how much is left out', () => {
    const text = `begin${'x'.repeat(100_000)}end`;
    const cut = shortened(text);
    expect([cut.startsWith('beginx'), cut.endsWith('xend'), cut.length < 48_100, /\.\.\. \d+ characters are left out/.test(cut)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
