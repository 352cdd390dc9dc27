import { describe, expect, it } from 'vitest';
import { AbsentCapability, Use } from './use.ts';

const offered = {
  api: { kind: 'real', version: '1' },
  storage: { kind: 'stand-in', for: 'the storage', reason: 'none here' },
  power: { kind: 'absent', reason: 'nobody can switch it' },
} as const;

describe('the use of capabilities', () => {
  it('records each that is touched, once', () => {
    const use = new Use(offered);
    for (const each of ['storage', 'api', 'storage']) use.touch(each);
    expect(use.touched).toEqual(['api', 'storage']);
  });

  it('takes over the uses of a fixture', () => {
    const [own, fixture] = [new Use(offered), new Use(offered)];
    fixture.touch('storage');
    own.absorb(fixture);
    expect(own.touched).toEqual(['storage']);
  });

  it('throws for an absent one, with the reason', () => {
    expect(() => new Use(offered).touch('power')).toThrow(new AbsentCapability('power', 'nobody can switch it'));
  });

  it('throws for one that the provider does not name', () => {
    expect(() => new Use(offered).touch('unheard of')).toThrow('the provider does not name it');
  });

  it('remembers an absent one also where its error was caught', () => {
    const use = new Use(offered);
    expect(() => use.touch('power')).toThrow(AbsentCapability);
    expect(use.absent?.message).toBe('capability power is absent: nobody can switch it');
    expect(use.touched).toEqual([]);
  });
});
