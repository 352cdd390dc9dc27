import { describe, expect, it } from 'vitest';
import { headingsOf } from './headings.ts';

describe('the headings of a guide', () => {
  it('are in its order, with their levels', () => {
    expect(headingsOf('# One\n\ntext\n\n### Two: a – b\n')).toEqual([
      { level: 1, text: 'One' },
      { level: 3, text: 'Two: a – b' },
    ]);
  });

  it('are none in code blocks, where # begins a comment', () => {
    expect(headingsOf('## One\n\n```bash\n# a comment\n```\n')).toEqual([{ level: 2, text: 'One' }]);
  });
});
