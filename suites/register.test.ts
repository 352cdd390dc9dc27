import { describe, expect, it } from 'vitest';
import { documentedCluster, profiles } from '../guide/cluster.ts';
import { errata } from '../guide/errata.ts';
import { promiseText } from '../harness/engine/requirement.ts';
import { register } from './register.ts';

describe('the register', () => {
  it('has no ID twice', () => {
    expect(new Set(register.map(({ id }) => id)).size).toBe(register.length);
  });

  it('has IDs that are safe in a test name pattern', () => {
    expect(register.map(({ id }) => id).filter((id) => !/^[A-Z]+(-[A-Z0-9]+)+$/.test(id))).toEqual([]);
  });

  it('names only errata that exist', () => {
    const known = new Set(errata.map(({ id }) => id));
    expect(
      register.flatMap(({ id, asWritten }) => (asWritten?.errata ?? []).filter((each) => !known.has(each)).map((each) => `${id}: ${each}`)),
    ).toEqual([]);
  });

  it('has a sentence and a heading of the guide for every requirement', () => {
    const isSentence = ({ promise }: (typeof register)[number]): boolean =>
      profiles.every((profile) => promiseText(promise, documentedCluster(profile)).endsWith('.'));
    expect(register.filter((each) => !isSentence(each) || each.guide.some((heading) => heading.trim() === '')).map(({ id }) => id)).toEqual(
      [],
    );
  });

  it('names no capability twice in one requirement', () => {
    expect(register.filter(({ needs }) => new Set(needs).size !== needs.length).map(({ id }) => id)).toEqual([]);
  });
});
