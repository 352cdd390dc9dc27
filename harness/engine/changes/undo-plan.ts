import type { Undo } from './journal.ts';

type Deletion = Extract<Undo, { kind: 'delete' }>;

/** In which order changes are taken back. */
export interface UndoPlan {
  /** One after another: each finds what it found when it was noted. */
  readonly restores: readonly Undo[];
  /** At the same time, when the restores are done. */
  readonly deletions: readonly Deletion[];
  /** What goes along with a namespace, by its name: deleted by itself only where the namespace stays. */
  readonly along: ReadonlyMap<string, readonly Deletion[]>;
}

/** The newest change is taken back first; all deletions come last. */
export function undoPlan(undos: readonly Undo[]): UndoPlan {
  const newestFirst = undos.toReversed();
  const deletions = newestFirst.filter((undo) => undo.kind === 'delete');
  const namespaces = new Set(deletions.filter(({ objectKind }) => objectKind === 'Namespace').map(({ name }) => name));
  // A namespace waits for its pods to end; deleted by themselves they end at once.
  const goesAlong = ({ namespace = '', objectKind }: Deletion): boolean => objectKind !== 'Pod' && namespaces.has(namespace);
  return {
    restores: newestFirst.filter(({ kind }) => kind !== 'delete'),
    deletions: deletions.filter((undo) => !goesAlong(undo)),
    along: Map.groupBy(deletions.filter(goesAlong), ({ namespace = '' }) => namespace),
  };
}
