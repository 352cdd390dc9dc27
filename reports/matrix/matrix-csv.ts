import type { ConnectionMatrix } from '../../harness/engine/run-record.ts';
import { csv } from '../csv.ts';

/** The matrix as a table: a row for each source; above the cells, each target's name, group and address. A cell that was not tried is empty. */
export function matrixCsv({ sources, targets, cells }: ConnectionMatrix): string {
  return csv([
    ['source', 'group', 'address', ...targets.map(({ id }) => id)],
    ['', '', 'group of the target', ...targets.map(({ group }) => group)],
    ['', '', 'address of the target', ...targets.map(({ address }) => address)],
    ...sources.map(({ id, group, address }, row) => [id, group, address, ...targets.map((_, column) => cells[row]?.[column] ?? '')]),
  ]);
}
