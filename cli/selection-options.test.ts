import { describe, expect, it } from 'vitest';
import { register } from '../suites/register.ts';
import { selectionOptions } from './selection-options.ts';

describe('the option', () => {
  it('--suite offers the suites of the register', () => {
    expect(selectionOptions().find(({ long }) => long === '--suite')?.argChoices).toEqual([...new Set(register.map(({ suite }) => suite))]);
  });

  it('--kind offers every kind of the register', () => {
    const offered = selectionOptions().find(({ long }) => long === '--kind')?.argChoices ?? [];
    expect(register.filter(({ kind }) => !offered.includes(kind))).toEqual([]);
  });

  it.each(['0/3', '4/3', '1', 'a/b', '1/0'])('refuses %s as a shard', (text) => {
    const option = selectionOptions().find(({ long }) => long === '--shard');
    expect(() => option?.parseArg?.(text, undefined)).toThrow('for example 1/3');
  });
});
