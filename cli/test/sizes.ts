import type { Requirement } from '../../harness/engine/requirement.ts';

/** `quick` is what a newcomer and continuous integration run; `whole` has every check in both profiles. */
export type Size = 'quick' | 'whole';

/**
 * The requirements that a rehearsal of this size looks at, in the register's order. The quick size has those that only read, in both
 * profiles. The active ones belong to it too, and wait for the first whole run of the new checks that comes out as the register says.
 */
export function rehearsed(register: readonly Requirement[], size: Size): readonly Requirement[] {
  return size === 'whole' ? register : register.filter(({ kind }) => kind === 'static');
}

/**
 * The options of `conform rehearse` that select these requirements; none for the whole register. An ID also selects every
 * requirement whose ID begins with it, so the kinds are given, too: no disruptive check slips in.
 */
export function selectionOf(requirements: readonly Requirement[], register: readonly Requirement[]): string[] {
  if (requirements.length === register.length) return [];
  return ['--kind', ...new Set(requirements.map(({ kind }) => kind)), '--id', ...requirements.map(({ id }) => id)];
}
