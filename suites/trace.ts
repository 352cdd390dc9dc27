import type { Heading } from '../guide/headings.ts';
import type { Requirement } from '../harness/engine/requirement.ts';

/** Which requirements cover which heading of a guide. */
export interface Trace {
  /** Every heading of the guide in its order, with the requirements that quote it. */
  readonly covered: readonly { readonly heading: Heading; readonly requirements: readonly Requirement[] }[];
  /** What requirements quote and the guide has no longer. */
  readonly lost: readonly { readonly requirement: Requirement; readonly heading: string }[];
}

export function traceOf(headings: readonly Heading[], requirements: readonly Requirement[]): Trace {
  const existing = new Set(headings.map(({ text }) => text));
  return {
    covered: headings.map((heading) => ({ heading, requirements: requirements.filter(({ guide }) => guide.includes(heading.text)) })),
    lost: requirements.flatMap((requirement) =>
      requirement.guide.filter((heading) => !existing.has(heading)).map((heading) => ({ requirement, heading })),
    ),
  };
}
