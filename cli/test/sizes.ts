import type { Profile } from '../../guide/cluster.ts';
import type { Requirement } from '../../harness/engine/requirement.ts';

/** `quick` is what a newcomer and continuous integration run; `whole` has every check in both profiles. */
export type Size = 'quick' | 'whole';

/** The requirements that a rehearsal of this size looks at, in the register's order. */
export function rehearsed(register: readonly Requirement[], size: Size, profile: Profile): readonly Requirement[] {
  if (size === 'whole') return register;
  const calm = register.filter(({ kind }) => kind !== 'disruptive');
  return profile === 'corrected' ? calm : withSample(calm.filter(({ kind }) => kind !== 'long'));
}

/**
 * The options of `conform rehearse` that select these requirements; none for the whole register. An ID also selects every
 * requirement whose ID begins with it, so the kinds are given, too: no disruptive check slips in.
 */
export function selectionOf(requirements: readonly Requirement[], register: readonly Requirement[]): string[] {
  if (requirements.length === register.length) return [];
  return ['--kind', ...new Set(requirements.map(({ kind }) => kind)), '--id', ...requirements.map(({ id }) => id)];
}

/**
 * Every requirement that the guide's own steps cannot keep, and of the others the first of each heading that has none yet:
 * so each heading that makes a promise is looked at.
 */
function withSample(register: readonly Requirement[]): Requirement[] {
  const headings = new Set(register.filter(({ asWritten }) => asWritten !== undefined).flatMap(({ guide }) => guide));
  const sampled = new Set<Requirement>();
  for (const requirement of register) {
    if (requirement.guide.every((heading) => headings.has(heading))) continue;
    sampled.add(requirement);
    for (const heading of requirement.guide) headings.add(heading);
  }
  return register.filter((requirement) => requirement.asWritten !== undefined || sampled.has(requirement));
}
