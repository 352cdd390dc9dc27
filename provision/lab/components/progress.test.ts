import { describe, expect, it } from 'vitest';
import { BuildProgress } from './progress.ts';

describe('BuildProgress', () => {
  it('says what is built, how much is done and what is left', () => {
    const progress = new BuildProgress(['big/a', 'big/b', 'small/c', 'other/d']);
    progress.begin('big/a');
    progress.end('big/a');
    progress.begin('big/b');
    progress.begin('small/c');
    progress.skipRest('other');
    expect(progress.line()).toBe('building big/b and small/c; 2 of 4 done in 0 s; nothing else left');
  });
});
