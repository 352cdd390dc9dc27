import { attempt } from '../engine/attempt.ts';
import type { Cluster, Place } from '../platform/cluster.ts';
import type { ConnectionMatrix } from '../engine/run-record.ts';
import { emit } from '../engine/runner/emit.ts';
import { type Connection, type Expectation, type Recorder, noAnswer, settle, targetText } from './connections.ts';
import type { Outcome, Target } from './probe.ts';

export interface MatrixSource {
  /** Unique, for example `alice on w01`. */
  readonly id: string;
  /** For example `tenant alice`, `outside`. */
  readonly group: string;
  readonly place: Place;
}

export interface MatrixTarget {
  readonly id: string;
  readonly group: string;
  readonly target: Target;
  /** Tried from these sources only, by ID; from all unless given. */
  readonly from?: readonly string[];
}

/** Who reaches what, measured at one time; asked by the IDs of sources and targets. */
export interface Matrix {
  readonly sources: readonly MatrixSource[];
  readonly targets: readonly MatrixTarget[];
  /** Why groups that belong to it are not in it; empty when all are. */
  readonly absent: readonly string[];
  readonly measuredAt: string;
  /** Throws when the matrix has no such source or target, or where it was not tried. */
  outcome(source: string, target: string): Outcome;
  wasTried(source: string, target: string): boolean;
}

/**
 * Tries every target from every source in the same instant: one command at each source, which is ready for it before the first
 * begins. A source that cannot be probed from fails alone.
 */
export async function measureMatrix(
  cluster: Cluster,
  { sources, targets, absent }: Pick<Matrix, 'sources' | 'targets' | 'absent'>,
  signal: AbortSignal,
): Promise<Matrix & { readonly durationMs: number }> {
  // What cannot be prepared cannot be probed from either, and says so then.
  await Promise.allSettled(sources.map(({ place }) => cluster.prepare(place)));
  const startedAt = Date.now();
  const rows = await Promise.all(
    sources.map(async ({ id, place }) => {
      const tried = targets.filter(({ from }) => from?.includes(id) ?? true);
      const outcomes = await outcomesAt(cluster, { place, tried }, signal);
      return new Map(tried.map((target, index) => [target.id, outcomes[index] ?? noAnswer]));
    }),
  );
  const rowOf = new Map(sources.map(({ id }, index) => [id, rows[index]]));
  return {
    sources,
    targets,
    absent,
    measuredAt: new Date(startedAt).toISOString(),
    durationMs: Date.now() - startedAt,
    outcome: (source, target) => {
      const outcome = rowOf.get(source)?.get(target);
      if (outcome === undefined) throw new RangeError(lackText({ absent }, `${source} -> ${target}`));
      return outcome;
    },
    wasTried: (source, target) => rowOf.get(source)?.has(target) ?? false,
  };
}

/** What a matrix lacks, and why. */
export function lackText({ absent }: Pick<Matrix, 'absent'>, what: string): string {
  return [`the connection matrix has no ${what}`, ...absent].join('; ');
}

/** A command that was cut off on its way says nothing about the targets: it is given once more. */
async function outcomesAt(
  cluster: Cluster,
  { place, tried }: { place: Place; tried: readonly MatrixTarget[] },
  signal: AbortSignal,
): Promise<Outcome[]> {
  const probe = async (): Promise<Outcome[]> =>
    cluster.probe(
      place,
      tried.map(({ target }) => target),
      signal,
    );
  const outcomes = await probe().catch(async () => attempt(signal, probe));
  if (Array.isArray(outcomes)) return outcomes;
  return outcomes.kind === 'done' ? outcomes.value : tried.map(() => ({ kind: 'failed', text: outcomes.text, afterMs: 0 }));
}

/** Leaves the matrix for the report. */
export function keepMatrix(cluster: Cluster, matrix: Matrix & { readonly durationMs: number }, state: string): void {
  const record: ConnectionMatrix = {
    state,
    measuredAt: matrix.measuredAt,
    durationMs: matrix.durationMs,
    sources: matrix.sources.map(({ id, group, place }) => ({ id, group, address: cluster.placeText(place) })),
    targets: matrix.targets.map(({ id, group, target }) => ({ id, group, address: targetText(target) })),
    cells: matrix.sources.map((source) =>
      matrix.targets.map((target) => (matrix.wasTried(source.id, target.id) ? matrix.outcome(source.id, target.id).kind : null)),
    ),
  };
  emit({ kind: 'matrix', matrix: record });
}

/** One cell of the matrix as an observation or control of a check. */
export interface Cell {
  readonly role: 'observation' | 'control';
  readonly from: string;
  readonly to: string;
  readonly expect: Expectation;
}

/** Records cells of the matrix for a check; throws when a probe at one of the sources did not work. What should have come through and met silence is tried again (settle). */
export async function readCells(context: Recorder, matrix: Matrix, cells: readonly Cell[]): Promise<void> {
  const attempts = cells.map(({ role, from, to, expect }): Connection => {
    const source = matrix.sources.find(({ id }) => id === from);
    const target = matrix.targets.find(({ id }) => id === to);
    if (source === undefined || target === undefined) throw new RangeError(lackText(matrix, `${from} -> ${to}`));
    return { role, from: source.place, to: target.target, name: `${to} (matrix)`, expect };
  });
  await settle(
    context,
    attempts,
    cells.map(({ from, to }) => matrix.outcome(from, to)),
  );
}
