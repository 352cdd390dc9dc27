import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleReport } from './example-report.ts';
import { sampleRecord } from './sample-record.ts';

const folder = join(import.meta.dirname, '../docs/example-report');
const files = exampleReport(sampleRecord());
/** Bytes of the whole example, so that a clone stays small. */
const limit = 300_000;

test('the committed example report is complete (else: node bench/example-report.ts)', async () => {
  expect((await readdir(folder)).toSorted()).toEqual([...files.keys()].toSorted());
});

test.each([...files])('the committed %s is of today (else: node bench/example-report.ts)', async (name, content) => {
  expect(await readFile(join(folder, name), 'utf8')).toBe(content);
});

test('the example report is small', () => {
  expect([...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0)).toBeLessThan(limit);
});
