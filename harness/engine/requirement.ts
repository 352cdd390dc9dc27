import type { DocumentedCluster } from '../../guide/cluster.ts';

export const severities = ['critical', 'major', 'minor'] as const;

/** `static` reads, `active` creates and probes, `disruptive` interrupts, `long` takes many minutes. */
export const kinds = ['static', 'active', 'disruptive', 'long'] as const;

/** What a row of the register says; the ID is its key in the suite's record. */
export interface RequirementText<Capability extends string = string> {
  /** One falsifiable sentence; a function of the documented cluster where it tells numbers, names or addresses of it. */
  readonly promise: string | ((documented: DocumentedCluster) => string);
  /** Headings of the guide that make the promise. */
  readonly guide: readonly [string, ...string[]];
  readonly severity: (typeof severities)[number];
  readonly kind: (typeof kinds)[number];
  /** Capabilities of the cluster without which it cannot be decided. */
  readonly needs: readonly Capability[];
  /** The change to the cluster that must turn the verdict `broken`. */
  readonly fault: string;
  /** What becomes of the promise when the guide is followed as written; it is kept when this is left out. */
  readonly asWritten?: { readonly verdict: 'broken' | 'inconclusive'; readonly errata: readonly [string, ...string[]] };
}

export interface Requirement extends RequirementText {
  readonly id: string;
  readonly suite: string;
}

/** A suite's register: its rows with their IDs and the suite's name. */
export function requirementsOf<const T extends Readonly<Record<string, RequirementText>>>(
  suite: string,
  rows: T,
): { readonly [ID in keyof T]: Requirement } {
  const entries = Object.entries(rows).map(([id, row]): [string, Requirement] => [id, { ...row, id, suite }]);
  return Object.fromEntries(entries) as { readonly [ID in keyof T]: Requirement };
}

/** The sentence of a promise about this documented cluster. */
export function promiseText(promise: Requirement['promise'], documented: DocumentedCluster): string {
  return typeof promise === 'string' ? promise : promise(documented);
}
