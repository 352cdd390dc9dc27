import { describe, expect, test } from 'vitest';
import type { ConnectionMatrix } from '../../harness/engine/run-record.ts';
import { sampleMatrix } from '../sample-record.ts';
import { wordsIn } from '../words-in.ts';
import { matrixCsv } from './matrix-csv.ts';
import { matrixPictures, mostColumns } from './matrix-pictures.ts';
import { countsText } from './matrix-text.ts';
import { cellKindOf, cellKinds } from './outcome-colours.ts';

/** A matrix whose groups of targets have these sizes. */
function matrixOf(...sizes: number[]): ConnectionMatrix {
  const targets = sizes.flatMap((size, group) =>
    Array.from({ length: size }, (_, index) => ({ id: `${group}-${index}`, group: `group ${group}`, address: '' })),
  );
  return sampleMatrix({ targets, cells: sampleMatrix().sources.map(() => targets.map(() => 'timeout')) });
}

describe('pictures of a connection matrix', () => {
  test('are one where the targets have room', () => {
    const [picture, ...others] = matrixPictures(sampleMatrix());
    expect(others).toEqual([]);
    expect(picture?.title).toBe('who reaches what');
    expect(wordsIn(picture?.svg ?? '')).toEqual(
      expect.arrayContaining(['tenant alice', 'alice on w01', 'alice service', 'w01:50000', 'outside', 'not tried', 'time-out (silence)']),
    );
  });

  test('have each cell in the colour of its outcome', () => {
    const [picture] = matrixPictures(sampleMatrix());
    const cells = [...(picture?.svg ?? '').matchAll(/<path d="([^"]*)" fill="([^"]*)"/g)].map(([, path = '', fill = '']) => [
      fill,
      path.split('z').length - 1,
    ]);
    expect(Object.fromEntries(cells)).toEqual({
      [cellKinds.connected.fill]: 4,
      [cellKinds.timeout.fill]: 4,
      [cellKinds.refused.fill]: 1,
      [cellKinds.reset.fill]: 1,
      [cellKinds.other.fill]: 1,
      [cellKinds.untried.fill]: 1,
    });
  });

  test.each([
    { sizes: [80], columns: [80] },
    { sizes: [40, 40, 1], columns: [80, 1] },
    { sizes: [50, 50], columns: [50, 50] },
    { sizes: [10, 170, 5], columns: [10, 80, 80, 15] },
    { sizes: [], columns: [] },
  ])('of groups of $sizes targets have $columns columns', ({ sizes, columns }) => {
    const pictures = matrixPictures(matrixOf(...sizes));
    expect(pictures.map(({ svg }) => wordsIn(svg).filter((words) => /^\d+-\d+$/.test(words)).length)).toEqual(columns);
    expect(Math.max(0, ...columns)).toBeLessThanOrEqual(mostColumns);
  });

  test('name the groups that they show', () => {
    expect(matrixPictures(matrixOf(50, 50)).map(({ title }) => title)).toEqual([
      'who reaches what, 1 of 2: group 0',
      'who reaches what, 2 of 2: group 1',
    ]);
  });

  test('cut a long name in the middle, so that the port can be read', () => {
    const { targets } = sampleMatrix();
    const long = { id: `service ${'x'.repeat(60)}:8443`, group: 'services', address: '' };
    expect(wordsIn(matrixPictures(sampleMatrix({ targets: [...targets.slice(1), long] }))[0]?.svg ?? '')).toContainEqual(
      expect.stringMatching(/^service x+…x+:8443$/),
    );
  });

  test('cannot be changed by what a cluster says', () => {
    const evil = '"/><script>alert(1)</script>&\n\u202e';
    const end = { id: evil, group: evil, address: evil };
    const [picture] = matrixPictures(sampleMatrix({ state: evil, sources: [end], targets: [end], cells: [[evil]] }));
    expect(picture?.svg).not.toMatch(/<script|\u202e|&(?!amp;|lt;|gt;|quot;|#\d+;)/);
  });
});

test('the table has a row for each source, below the targets with their groups and addresses', () => {
  expect(matrixCsv(sampleMatrix()).split('\r\n')).toEqual([
    'source,group,address,alice pod on w01,alice service,bob pod on w02,w01:50000',
    ',,group of the target,tenant alice,tenant alice,tenant bob,nodes',
    ',,address of the target,10.244.211.5:8080/tcp,10.96.4.1:80/tcp,10.244.180.5:8080/tcp,192.168.29.21:50000/tcp',
    'alice on w01,tenant alice,pod canine-alice/echo-w01,connected,connected,timeout,refused',
    'bob on w02,tenant bob,pod canine-bob/echo-w02,timeout,reset,connected,unreachable',
    'admin,outside,admin 192.168.1.10,timeout,,timeout,connected',
    '',
  ]);
});

test('the counts in words leave out what is not there', () => {
  expect(countsText(sampleMatrix())).toBe(
    '4 connected or answered, 4 time-out (silence), 1 refused, 1 reset, 1 other (no route, wrong name, probe failed), 1 not tried',
  );
  expect(countsText(matrixOf(2))).toBe('6 time-out (silence)');
});

test.each([
  ['answered', 'connected'],
  ['resolved', 'connected'],
  ['timeout', 'timeout'],
  ['failed', 'other'],
  ['a kind to come', 'other'],
  [null, 'untried'],
  [undefined, 'untried'],
])('an outcome %j is shown as %s', (outcome, kind) => {
  expect(cellKindOf(outcome)).toBe(kind);
});
