import type { Requirement } from '../../harness/engine/requirement.ts';

/** By what a list can be divided; a requirement with several needs or errata is in the group of each. */
export const groupings = ['suite', 'kind', 'severity', 'needs', 'erratum'] as const;
export type Grouping = (typeof groupings)[number];

export interface Group {
  readonly name: string;
  readonly requirements: readonly Requirement[];
}

const keysOf: Readonly<Record<Grouping, (requirement: Requirement) => readonly string[]>> = {
  suite: ({ suite }) => [suite],
  kind: ({ kind }) => [kind],
  severity: ({ severity }) => [severity],
  needs: ({ needs }) => (needs.length === 0 ? ['no capability'] : needs),
  erratum: ({ asWritten }) => asWritten?.errata ?? ['no erratum'],
};

/** In the order in which the register first names them; errata by their number. */
export function groupsOf(requirements: readonly Requirement[], by: Grouping): Group[] {
  const names = [...new Set(requirements.flatMap(keysOf[by]))];
  const ordered = by === 'erratum' ? names.toSorted((one, other) => one.localeCompare(other, 'en', { numeric: true })) : names;
  return ordered.map((name) => ({ name, requirements: requirements.filter((each) => keysOf[by](each).includes(name)) }));
}
