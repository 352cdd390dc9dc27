import { errorText } from '../engine/error-text.ts';
import type { Taker } from '../engine/fixture.ts';
import { type ConnectionMatrix } from '../engine/run-record.ts';
import {
  type Claim,
  type Denial,
  type Destination,
  type Reach,
  type Source,
  claim,
  denial,
  holds,
  noAnswer,
  reach,
  targetText,
  unreached,
} from './claims.ts';
import type { Outcome } from './outcome.ts';
import type { Vantages } from './vantages.ts';

/** A source of a matrix. `S` is the typed value by which it is selected. */
export interface MatrixSource<S> extends Source {
  readonly is: S;
  /** For example `tenant alice`, `outside`; for the report. */
  readonly group: string;
  /** The capabilities that a check uses by reading its cells. */
  readonly capabilities: readonly string[];
}

/** A target of a matrix. `T` is the typed value by which it is selected; its name is a function of that value. */
export interface MatrixTarget<S, T> extends Destination {
  readonly is: T;
  readonly group: string;
  readonly capabilities: readonly string[];
  /** Whether it is tried from a source; from all when left out. */
  readonly from?: (source: S) => boolean;
}

/** The number of sources or targets that a selection must find: exactly so many, or at least so many. */
type Count = number | { readonly atLeast: number };

/** Who reaches what, all measured in one instant. */
export interface Matrix<S, T> {
  /** The sources that a predicate selects. Throws when there are fewer or more than expected. */
  sources(is: (source: S) => boolean, count: Count): readonly Source[];
  /** The targets that a predicate selects. Throws when there are fewer or more than expected. */
  targets(is: (target: T) => boolean, count: Count): readonly Destination[];
  /** Those of the sources that the target answered: a target that answers nobody denies nothing. */
  answered(target: Destination, sources: readonly Source[]): readonly Source[];
  /** The claim `denial` from cells of the matrix. Pairs that the matrix did not try are left out. */
  denial(request: Denial): Claim;
  unreached(request: Denial): Claim;
  reach(request: Reach & { readonly unlike: NonNullable<Reach['unlike']> }): Claim;
}

/** Sources and targets that a matrix is measured from, and why some are missing. */
export interface MatrixPlan<S, T> {
  readonly sources: readonly MatrixSource<S>[];
  readonly targets: readonly MatrixTarget<S, T>[];
  /** Why groups that belong to it are not in it; empty when all are. */
  readonly absent: readonly string[];
}

/** A measured matrix; checks read it through `lendMatrix`. */
export interface MeasuredMatrix<S, T> extends MatrixPlan<S, T> {
  readonly measuredAt: string;
  readonly durationMs: number;
  /** Undefined where the pair was not tried. */
  outcome(source: string, target: string): Outcome | undefined;
}

/**
 * Tries every target from every source in the same instant: one command at each source, which is ready for it before the first
 * begins. A source that cannot be probed from fails alone.
 */
export async function measureMatrix<S, T>(
  cluster: Pick<Vantages, 'probe' | 'prepare'>,
  plan: MatrixPlan<S, T>,
  signal: AbortSignal,
): Promise<MeasuredMatrix<S, T>> {
  // A place that cannot be prepared cannot be probed from either, and says so then.
  await Promise.allSettled(plan.sources.map(({ place }) => cluster.prepare(place)));
  const startedAt = Date.now();
  const rows = await Promise.all(
    plan.sources.map(async ({ name, is, place }) => {
      const tried = plan.targets.filter(({ from }) => from?.(is) ?? true);
      const targets = tried.map(({ target }) => target);
      const outcomes = await cluster.probe(place, targets, signal).catch((error: unknown) => allFailed(targets.length, { error, signal }));
      return [name, new Map(tried.map((target, index) => [target.name, outcomes[index] ?? noAnswer]))] as const;
    }),
  );
  const rowOf = new Map(rows);
  return {
    ...plan,
    measuredAt: new Date(startedAt).toISOString(),
    durationMs: Date.now() - startedAt,
    outcome: (source, target) => rowOf.get(source)?.get(target),
  };
}

/**
 * A source whose command was cut off says nothing about the targets. It is not tried again, for its row would be of another instant:
 * the checks that read it could not look, and measure for themselves in their second look.
 */
function allFailed(count: number, { error, signal }: { error: unknown; signal: AbortSignal }): Outcome[] {
  signal.throwIfAborted();
  return Array.from({ length: count }, () => ({ kind: 'failed', text: errorText(error), afterMs: 0 }));
}

/** A check's own view of a matrix: it records the capabilities of the cells that are read, and in a second look it measures anew. */
export function lendMatrix<S, T>(matrix: MeasuredMatrix<S, T>, { use, look }: Taker): Matrix<S, T> {
  const sourceOf = new Map(matrix.sources.map((each) => [each.name, each]));
  const targetOf = new Map(matrix.targets.map((each) => [each.name, each]));
  const fromCells = ({ attempts }: Claim): Claim => {
    const tried = attempts.flatMap((attempt) => {
      const seen = matrix.outcome(attempt.from.name, attempt.to.name);
      const known = [sourceOf.get(attempt.from.name), targetOf.get(attempt.to.name)];
      if (seen === undefined) return known.includes(undefined) ? [attempt] : [];
      for (const capability of known.flatMap((each) => each?.capabilities ?? [])) use.touch(capability);
      return [look === 'first' ? { ...attempt, seen } : attempt];
    });
    return claim(tried);
  };
  return {
    sources: (is, count) =>
      counted(
        matrix.sources.filter((each) => is(each.is)),
        { count, what: `sources like ${is.toString()}`, matrix },
      ),
    targets: (is, count) =>
      counted(
        matrix.targets.filter((each) => is(each.is)),
        { count, what: `targets like ${is.toString()}`, matrix },
      ),
    answered: (to, sources) =>
      sources.filter((from) => {
        const seen = matrix.outcome(from.name, to.name);
        return seen !== undefined && holds({ to, expect: 'reached' }, seen);
      }),
    denial: (request) => fromCells(denial(request)),
    unreached: (request) => fromCells(unreached(request)),
    reach: (request) => fromCells(reach(request)),
  };
}

function counted<E>(
  found: readonly E[],
  { count, what, matrix }: { count: Count; what: string; matrix: { readonly absent: readonly string[] } },
): readonly E[] {
  const isEnough = typeof count === 'number' ? found.length === count : found.length >= count.atLeast;
  if (isEnough) return found;
  const wanted = typeof count === 'number' ? `${count}` : `at least ${count.atLeast}`;
  throw new RangeError([`the connection matrix has ${found.length} ${what}, expected ${wanted}`, ...matrix.absent].join('; '));
}

/** The matrix for the record: its outcomes as they were seen. */
export function matrixRecord<S, T>(
  matrix: MeasuredMatrix<S, T>,
  state: string,
  placeText: (place: Source['place']) => string,
): ConnectionMatrix {
  return {
    state,
    measuredAt: matrix.measuredAt,
    durationMs: matrix.durationMs,
    sources: matrix.sources.map(({ name, group, place }) => ({ id: name, group, address: placeText(place) })),
    targets: matrix.targets.map(({ name, group, target }) => ({ id: name, group, address: targetText(target) })),
    cells: matrix.sources.map((source) => matrix.targets.map((target) => matrix.outcome(source.name, target.name)?.kind ?? null)),
  };
}
