import { describe, expect, it } from 'vitest';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { register } from '../suites/register.ts';
import { type Selection, select } from './selection.ts';

const ids = (selection: Selection): string[] => select(selection).map(({ id }) => id);

describe('a selection', () => {
  it('of nothing is the whole register in its order', () => {
    expect(select({})).toEqual(register);
  });

  it.each<{ what: string; selection: Selection; keeps: (each: (typeof register)[number]) => boolean }>([
    { what: 'a suite', selection: { suite: ['nodes'] }, keeps: ({ suite }) => suite === 'nodes' },
    { what: 'two suites', selection: { suite: ['opencost', 'nodes'] }, keeps: ({ suite }) => suite === 'nodes' || suite === 'opencost' },
    { what: 'a kind', selection: { kind: ['static'] }, keeps: ({ kind }) => kind === 'static' },
    { what: 'the start of an ID', selection: { id: ['NODE-VIP'] }, keeps: ({ id }) => id.startsWith('NODE-VIP') },
    {
      what: 'one of several needs',
      selection: { needs: ['longhorn', 'canine'] },
      keeps: ({ needs }) => needs.some((need) => need === 'longhorn' || need === 'canine'),
    },
    { what: 'a pattern of an ID', selection: { id: ['iso-*-deny'] }, keeps: ({ id }) => id.startsWith('ISO-') && id.endsWith('-DENY') },
    { what: 'a severity', selection: { severity: ['critical'] }, keeps: ({ severity }) => severity === 'critical' },
    { what: 'an erratum', selection: { erratum: ['E23'] }, keeps: ({ asWritten }) => asWritten?.errata.includes('E23') ?? false },
    {
      what: 'a suite and a kind',
      selection: { suite: ['nodes'], kind: ['active'] },
      keeps: ({ suite, kind }) => suite === 'nodes' && kind === 'active',
    },
  ])('by $what keeps exactly what it names', ({ selection, keeps }) => {
    expect(select(selection)).toEqual(register.filter(keeps));
  });

  it('by shards divides the selection: everything is in exactly one part', () => {
    const parts = [1, 2, 3].flatMap((index) => ids({ shard: { index, count: 3 } }));
    expect(parts.toSorted()).toEqual(register.map(({ id }) => id).toSorted());
  });

  it('by ID takes lower case too', () => {
    expect(ids({ id: ['node-vip-answers'] })).toEqual(['NODE-VIP-ANSWERS']);
  });

  it('by ID does not match in the middle', () => {
    expect(() => ids({ id: ['VIP'] })).toThrow(Problem);
  });

  it('without any requirement is a usage problem', () => {
    expect(() => select({ id: ['NO-SUCH'] })).toThrow(expect.objectContaining({ code: exitCode.usage }));
  });
});
