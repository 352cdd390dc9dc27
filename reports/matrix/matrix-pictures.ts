import type { ConnectionMatrix } from '../../harness/engine/run-record.ts';
import { oneLine, shortened } from '../plain-text.ts';
import { ink, line, picture, rectangle, rectangles, text, widthOf } from '../svg.ts';
import type { XmlElement } from '../xml.ts';
import { type CellKind, cellKindOf, cellKinds } from './outcome-colours.ts';

/** More columns than these are too wide for a screen: the rest of the targets goes to another picture. */
export const mostColumns = 80;

const cell = 13;
const betweenGroups = 10;
const margin = 12;
const labelSize = 10;
/** Longer names are cut in the picture; the table beside it has them whole. */
const longestLabel = 40;
const headingHeight = 18;
const legendHeight = 22;

type End = ConnectionMatrix['targets'][number];

/** A source or a target with its place in the matrix and in the picture. */
interface Placed {
  readonly end: End;
  readonly index: number;
  readonly at: number;
}

interface PlacedGroup {
  readonly name: string;
  readonly at: number;
  readonly members: readonly Placed[];
}

/** One picture, with its title: sources below one another, targets beside one another, both by their groups. */
interface MatrixPicture {
  readonly title: string;
  readonly svg: string;
}

/** The matrix as one picture, or as several, none with more than 80 targets; a group of targets is divided only when it alone is too many. */
export function matrixPictures(matrix: ConnectionMatrix): MatrixPicture[] {
  const pages = pagesOf(matrix.targets);
  return pages.map((targets, index) => {
    const groups = [...new Set(targets.map(({ end }) => end.group))].join(', ');
    const title = pages.length === 1 ? 'who reaches what' : `who reaches what, ${index + 1} of ${pages.length}: ${shortened(groups, 80)}`;
    return { title, svg: matrixPicture(matrix, targets, title) };
  });
}

interface Numbered {
  readonly end: End;
  readonly index: number;
}

function groupsOf(ends: readonly End[]): Map<string, Numbered[]> {
  return Map.groupBy(
    ends.map((end, index) => ({ end, index })),
    ({ end }) => end.group,
  );
}

function pagesOf(targets: readonly End[]): Numbered[][] {
  const pages: Numbered[][] = [];
  for (const members of groupsOf(targets).values()) {
    const last = pages.at(-1);
    if (last !== undefined && last.length + members.length <= mostColumns) last.push(...members);
    else for (let start = 0; start < members.length; start += mostColumns) pages.push(members.slice(start, start + mostColumns));
  }
  return pages;
}

/** The groups one after another; before each there is room for what separates it. */
function placed(
  groups: Iterable<readonly [string, readonly Numbered[]]>,
  { start, gap }: { start: number; gap: number },
): { groups: PlacedGroup[]; end: number } {
  let at = start;
  const all: PlacedGroup[] = [];
  for (const [name, members] of groups) {
    const groupAt = at;
    all.push({ name, at: groupAt, members: members.map((member, position) => ({ ...member, at: groupAt + gap + position * cell })) });
    at += gap + members.length * cell;
  }
  return { groups: all, end: at };
}

function matrixPicture(matrix: ConnectionMatrix, targets: readonly Numbered[], title: string): string {
  const labelWidth = longest(matrix.sources.map(({ id }) => id));
  const labelHeight = longest(targets.map(({ end }) => end.id));
  const columnGroups = Map.groupBy(targets, ({ end }) => end.group);
  const columns = placed(columnGroups, { start: margin + labelWidth, gap: betweenGroups });
  const headings = headingRows(columns.groups);
  const cellsTop = margin + legendHeight + headings.rows * headingHeight + labelHeight;
  const rows = placed(groupsOf(matrix.sources), { start: cellsTop, gap: headingHeight });
  const width = Math.max(columns.end, headings.end, legendEnd) + margin;
  return picture({ width, height: rows.end + margin, title: `${title}; ${matrix.state}, measured ${matrix.measuredAt}` }, [
    ...legend(),
    ...headings.elements,
    ...columns.groups.flatMap(({ members }) =>
      members.map(({ end, at }) => text(at + cell - 3, cellsTop + headingHeight - 6, labelOf(end.id), { size: labelSize, upwards: true })),
    ),
    ...rows.groups.flatMap(({ name, at, members }) => [
      text(margin, at + headingHeight - 5, labelOf(name), { bold: true }),
      ...members.map((row) => text(margin + labelWidth, row.at + cell - 3, labelOf(row.end.id), { size: labelSize, anchor: 'end' })),
    ]),
    ...cellsOf(matrix, columns.groups, rows.groups),
  ]);
}

/** The names of the groups of columns, each in the first row where it covers no other, with a line over its columns. */
function headingRows(groups: readonly PlacedGroup[]): { elements: XmlElement[]; rows: number; end: number } {
  const ends: number[] = [];
  const elements = groups.flatMap(({ name, members }) => {
    const [first, last] = [members[0]?.at ?? 0, (members.at(-1)?.at ?? 0) + cell];
    const words = labelOf(name);
    const free = ends.findIndex((end) => end < first);
    const row = free < 0 ? ends.length : free;
    ends[row] = Math.max(last, first + widthOf(words)) + 6;
    const y = margin + legendHeight + row * headingHeight;
    return [line([first, y + 14], [last - 1, y + 14], ink.faint), text(first, y + 11, words, { bold: true })];
  });
  return { elements, rows: ends.length, end: Math.max(0, ...ends) };
}

/** All cells of one kind are one element. */
function cellsOf({ cells }: ConnectionMatrix, columns: readonly PlacedGroup[], rows: readonly PlacedGroup[]): XmlElement[] {
  const all = rows
    .flatMap(({ members }) => members)
    .flatMap((row) =>
      columns
        .flatMap(({ members }) => members)
        .map((column) => ({
          kind: cellKindOf(cells[row.index]?.[column.index]),
          area: { x: column.at, y: row.at, width: cell - 1, height: cell - 1 },
        })),
    );
  const kinds = Map.groupBy(all, ({ kind }) => kind);
  return [...kinds].flatMap(([kind, of]) =>
    rectangles(
      of.map(({ area }) => area),
      cellKinds[kind].fill,
    ),
  );
}

/** Cut in the middle: names begin alike and end with what tells them apart, a port for example. */
function labelOf(words: string): string {
  const characters = Array.from(oneLine(words));
  if (characters.length <= longestLabel) return characters.join('');
  const half = (longestLabel - 1) / 2;
  return `${characters.slice(0, Math.ceil(half)).join('')}…${characters.slice(-Math.floor(half)).join('')}`;
}

function longest(words: readonly string[]): number {
  return Math.max(0, ...words.map((each) => widthOf(labelOf(each), labelSize)));
}

const legendEntries = (Object.keys(cellKinds) as CellKind[]).map((kind) => cellKinds[kind]);
const legendEnd = legendEntries.reduce((end, { words }) => end + 30 + widthOf(words), margin);

function legend(): XmlElement[] {
  let x = margin;
  return legendEntries.flatMap(({ words, fill }) => {
    const at = x;
    x += 30 + widthOf(words);
    return [
      rectangle({ x: at, y: margin, width: cell - 1, height: cell - 1 }, fill, { stroke: ink.line }),
      text(at + cell + 4, margin + 10, words),
    ];
  });
}
