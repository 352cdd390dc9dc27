import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errata } from '../guide/errata.ts';
import { register } from './register.ts';

const summary = readFileSync(new URL('../guide/README.md', import.meta.url), 'utf8');
const rows = new Map(
  summary.split('\n').flatMap((line): [string, string[]][] => {
    const cells = line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, ''));
    return cells.length === 4 ? [[cells[0] ?? '', cells]] : [];
  }),
);

describe('the summary of the guide (guide/README.md)', () => {
  it('has every heading that a requirement names', () => {
    const named = new Set(register.flatMap(({ guide }) => guide));
    expect([...named].filter((heading) => !rows.has(heading))).toEqual([]);
  });

  it('has the beginning of each requirement in the rows of its headings', () => {
    const missing = register.flatMap(({ id, guide }) =>
      guide
        .filter((heading) => !prefixes(rows.get(heading)?.[2]).some((prefix) => `${id}-`.startsWith(`${prefix}-`)))
        .map((heading) => `${id}: ${heading}`),
    );
    expect(missing).toEqual([]);
  });

  it('names as checked only beginnings of requirements of that heading', () => {
    const unknown = [...rows].flatMap(([heading, cells]) =>
      prefixes(cells[2])
        .filter((prefix) => !register.some(({ id, guide }) => guide.includes(heading) && `${id}-`.startsWith(`${prefix}-`)))
        .map((prefix) => `${prefix}: ${heading}`),
    );
    expect(unknown).toEqual([]);
  });

  it('has each erratum in one group', () => {
    const table = summary.slice(summary.indexOf('## The errata in short'));
    const grouped = table.split('\n').flatMap((line) =>
      (/^\| [^|]+ \| ((?:E\d+(?:-E\d+)? ?)+)\|/.exec(line)?.[1] ?? '')
        .split(' ')
        .filter((name) => name !== '')
        .flatMap(range),
    );
    expect(grouped.toSorted()).toEqual(errata.map(({ id }) => id).toSorted());
  });
});

function prefixes(cell = ''): string[] {
  return [...cell.matchAll(/`([A-Z0-9-]+)`/g)].map(([, prefix]) => prefix ?? '');
}

/** E17-E19 is E17, E18 and E19. */
function range(name: string): string[] {
  const [first = 0, last = first] = name.split('-').map((id) => Number(id.slice(1)));
  return Array.from({ length: last - first + 1 }, (_, index) => `E${String(first + index).padStart(2, '0')}`);
}
