import { Command, InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { optionNames } from '../provision/options.ts';
import { labName, nameOption, optionList, optionsOptions, profileOption, wantedOptions } from './lab-options.ts';

const parse = (...args: string[]): Record<string, unknown> => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of [nameOption(), profileOption(), ...optionsOptions()]) command.addOption(option);
  return command.parse(args, { from: 'user' }).opts();
};

describe('a lab name', () => {
  it.each(['lab', 'a', '7', 'nightly-2', 'a'.repeat(32)])('may be %s', (name) => {
    expect(labName(name)).toBe(name);
  });

  it.each(['', '-lab', 'lab-', 'Lab', 'a_b', 'a.b', '..', '../lab', 'a/b', 'a b', 'lab\n', 'é', 'a'.repeat(33), '$(id)'])(
    'may not be %j',
    (name) => {
      expect(() => labName(name)).toThrow(InvalidArgumentError);
    },
  );
});

describe('the options of a lab', () => {
  it('default to the corrected profile and the name lab', () => {
    expect(parse()).toEqual({ name: 'lab', profile: 'corrected' });
  });

  it('take a profile', () => {
    expect(parse('--profile', 'as-written')['profile']).toBe('as-written');
  });

  it('refuse a profile that does not exist', () => {
    expect(() => parse('--profile', 'perfect')).toThrow('Allowed choices are as-written, corrected');
  });

  it('refuse a name that is no DNS label', () => {
    expect(() => parse('--name', '../x')).toThrow('at most 32');
  });

  it.each([
    [[], []],
    [
      ['--with', 'opt-7,opt-4'],
      ['opt-4', 'opt-7'],
    ],
    [['--all-options'], [...optionNames]],
  ])('%j are the options %j', (args, wanted) => {
    expect(wantedOptions(parse(...args))).toEqual(wanted);
  });

  it('refuse all options together with some', () => {
    expect(() => parse('--with', 'opt-1', '--all-options')).toThrow('cannot be used with option');
  });
});

describe('a list of options that cannot be had', () => {
  it.each([
    ['opt-9', '"opt-9". Next'],
    ['opt-1,', 'an empty one. Next'],
    ['opt-2', '"opt-2" (OPT-2\'s controller'],
    ['opt-1,opt-5', '"opt-5" (OPT-5 needs'],
    ['opt-6', '"opt-6" (OPT-6 is a script'],
  ])('%j is refused once, with what would do', (text, saw) => {
    expect(() => optionList(text)).toThrow(`Expected some of opt-1,opt-3,opt-4,opt-7. Saw ${saw}`);
  });
});
