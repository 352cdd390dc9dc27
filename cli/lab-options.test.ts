import { Command, InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { labName, nameOption, profileOption } from './lab-options.ts';

const parse = (...args: string[]): Record<string, unknown> => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  return command.addOption(nameOption()).addOption(profileOption()).parse(args, { from: 'user' }).opts();
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
});
