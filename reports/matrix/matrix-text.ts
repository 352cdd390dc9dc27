import type { ConnectionMatrix } from '../../harness/engine/run-record.ts';
import { type CellKind, cellKindOf, cellKinds } from './outcome-colours.ts';

/** How many cells there are of each kind. */
function countsOf({ sources, targets, cells }: ConnectionMatrix): Readonly<Record<CellKind, number>> {
  const counts: Record<CellKind, number> = { connected: 0, timeout: 0, 'no-answer': 0, refused: 0, reset: 0, other: 0, untried: 0 };
  for (const row of sources.keys()) for (const column of targets.keys()) counts[cellKindOf(cells[row]?.[column])] += 1;
  return counts;
}

/** The counts in words; kinds that are not there are left out. */
export function countsText(matrix: ConnectionMatrix): string {
  const counts = countsOf(matrix);
  return (Object.keys(cellKinds) as CellKind[])
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${cellKinds[kind].words}`)
    .join(', ');
}
