import type { Problem } from '../problem.ts';
import type { Requirement } from '../requirement.ts';
import type { ConnectionMatrix, OwnAccess, Result } from '../run-record.ts';
import type { ClusterSurvey } from '../survey.ts';
import { type EventOf, type RunEvent, problemOf } from './events.ts';

/** What a runner has told of its run, in the order in which it came. */
export interface Told {
  readonly results: readonly Result[];
  readonly matrices: readonly ConnectionMatrix[];
  readonly survey: ClusterSurvey | undefined;
  readonly access: OwnAccess;
  /** Why checks have no result, by requirement. */
  readonly undecided: ReadonlyMap<string, string>;
  readonly failures: readonly string[];
  /** Why the run could not begin. */
  readonly refusal: Problem | undefined;
  /** Whether the runner has told everything. */
  readonly isWhole: boolean;
}

/** Gathers the events of a runner. */
export function toldBy(events: readonly RunEvent[]): Told {
  const of = <Kind extends RunEvent['kind']>(kind: Kind): EventOf<Kind>[] =>
    events.filter((event): event is EventOf<Kind> => event.kind === kind);
  const [refused] = of('refused');
  return {
    results: of('decided').map(({ result }) => result),
    matrices: of('matrix').map(({ matrix }) => matrix),
    survey: of('surveyed').at(-1)?.survey,
    access: {
      fallbacks: of('fallback').map(({ endpoint, reason }) => ({ endpoint, reason })),
      retries: of('retried').map(({ what, reason }) => ({ what, reason })),
    },
    undecided: new Map(of('undecided').map(({ requirement, reason }) => [requirement, reason])),
    failures: of('failed').map(({ text }) => text),
    refusal: refused === undefined ? undefined : problemOf(refused),
    isWhole: of('ended').length > 0,
  };
}

/** The one result of a requirement, or why it has none. */
export function resultFor({ id }: Pick<Requirement, 'id'>, told: Told, whyNoMore: string): Result | { readonly reason: string } {
  const [result, second] = told.results.filter(({ requirement }) => requirement.id === id);
  if (second !== undefined) return { reason: 'two checks have this ID, and only one may decide' };
  if (result !== undefined) return result;
  const own = told.undecided.get(id);
  if (own !== undefined) return { reason: own };
  const causes = [...told.failures, ...(told.isWhole ? [] : [whyNoMore])];
  return { reason: causes.join('; ') || 'no check with this name was found' };
}
