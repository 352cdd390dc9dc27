import type { Cell, Matrix } from '../../harness/vantage/matrix.ts';

/** The tenants of the guide's own test, as the connection matrix names them. */
export const tenantNames = ['alice', 'bob'] as const;

/** The namespaces of the platform, as the connection matrix names their pods. */
export const platformNames = ['canine', 'opencost', 'longhorn-system', 'prometheus-system'] as const;

/** The IDs of a group's sources: `alice on w01`, ... */
export function sourcesOf({ sources }: Matrix, name: string): string[] {
  return sources.map(({ id }) => id).filter((id) => id.startsWith(`${name} on `));
}

/** The IDs of targets that a pattern matches; throws when there is none, for a check of nothing is none. */
export function targetsLike({ targets }: Matrix, pattern: RegExp): string[] {
  const found = targets.map(({ id }) => id).filter((id) => pattern.test(id));
  if (found.length === 0) throw new Error(`the connection matrix has no target like ${pattern.source}`);
  return found;
}

/** Cells of every source with every target, where the matrix has tried it; throws when it has tried none. */
export function every(matrix: Matrix, sources: readonly string[], targets: readonly string[], is: Pick<Cell, 'role' | 'expect'>): Cell[] {
  const cells = sources.flatMap((from) => targets.filter((to) => matrix.wasTried(from, to)).map((to): Cell => ({ ...is, from, to })));
  if (cells.length === 0) throw new Error(`the connection matrix has tried none of ${targets.join(', ')} from ${sources.join(', ')}`);
  return cells;
}

export const denied = { role: 'observation', expect: 'denied' } as const;
export const allowed = { role: 'observation', expect: 'reached' } as const;
export const anchor = { role: 'control', expect: 'reached' } as const;

/**
 * That node ports are programmed at all: each node reaches that of the namespace without policies at its own address. From
 * elsewhere a host firewall may close them all (guide: Step 3 of admin access).
 */
export function programmedNodePorts(matrix: Matrix, nodes: readonly { readonly name: string }[]): Cell[] {
  return nodes.flatMap(({ name }) => every(matrix, [name], [`neutral node port at ${name}`], anchor));
}

/** A tenant's pods reach their own: the first anchor of its denials, and of denials of its targets the second. */
export function withinTenant(matrix: Matrix, name: string, pattern = new RegExp(`^${name} pod on \\w+$`)): Cell[] {
  return every(matrix, sourcesOf(matrix, name), targetsLike(matrix, pattern), anchor);
}
