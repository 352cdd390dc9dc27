import type { Profile } from '../../guide/cluster.ts';
import type { Requirement } from '../../harness/engine/requirement.ts';

/** `quick` is what a newcomer and continuous integration run; `whole` has every check in both profiles. */
export type Size = 'quick' | 'whole';

/**
 * The requirements that a rehearsal of this size looks at, in the register's order. The quick size has those that only read, and
 * of the corrected guide those about tenants as its script makes them. The other active ones belong to it too, and wait for the
 * first whole run of the new checks that comes out as the register says. Of the young suites it has the critical ones that only
 * read, and none on the guide as written, where nobody has seen them yet.
 */
export function rehearsed(register: readonly Requirement[], size: Size, profile: Profile): readonly Requirement[] {
  if (size === 'whole') return register;
  return register.filter((each) => (youngSuites.has(each.suite) ? isSeenCorrected(each, profile) : isQuick(each, profile)));
}

const youngSuites: ReadonlySet<string> = new Set(['nodes', 'storage', 'opencost']);

function isSeenCorrected({ kind, severity }: Requirement, profile: Profile): boolean {
  return profile === 'corrected' && kind === 'static' && severity === 'critical';
}

function isQuick(requirement: Requirement, profile: Profile): boolean {
  return requirement.kind === 'static' || (profile === 'corrected' && isOfScriptedTenants(requirement));
}

/** An active check that needs nothing but Kubernetes beside the guide's scripts: what is neither measured over the network nor stood in for. */
function isOfScriptedTenants({ kind, needs }: Requirement): boolean {
  return kind === 'active' && needs.includes('guide-scripts') && needs.every((need) => need === 'guide-scripts' || need === 'kubernetes');
}

/**
 * The options of `conform rehearse` that select these requirements; none for the whole register. An ID also selects every
 * requirement whose ID begins with it, so the kinds are given, too: no disruptive check slips in.
 */
export function selectionOf(requirements: readonly Requirement[], register: readonly Requirement[]): string[] {
  if (requirements.length === register.length) return [];
  return ['--kind', ...new Set(requirements.map(({ kind }) => kind)), '--id', ...requirements.map(({ id }) => id)];
}
