import { InMemoryWriter } from 'allure-js-commons/sdk/reporter';
import { expect, test } from 'vitest';
import type { RunRecord } from '../../harness/engine/run-record.ts';
import { sampleMatrix, sampleRecord } from '../sample-record.ts';
import { writeResultsTo } from './write-allure-results.ts';
import { matrixResult } from './matrix-result.ts';

const record = sampleRecord();

test('a matrix is evidence without a verdict, so that no count of promises has it', () => {
  const { result } = matrixResult(record, sampleMatrix());
  expect(result.status).toBeUndefined();
  expect(result.name).toBe('Connection matrix: all steps applied [evidence]');
  expect(result.labels).toContainEqual({ name: 'verdict', value: 'evidence' });
  expect(result.description).toContain('3 sources, 4 targets: 4 connected or answered');
});

test('a matrix has its pictures and its table', () => {
  const { result, files } = matrixResult(record, sampleMatrix());
  expect(result.attachments.map(({ name, type }) => [name, type])).toEqual([
    ['who reaches what', 'image/svg+xml'],
    ['connection matrix', 'text/csv'],
  ]);
  expect(files.map(({ source }) => source)).toEqual(result.attachments.map(({ source }) => source));
});

test('two matrices of one state are two results', () => {
  const [first, second] = [sampleMatrix(), sampleMatrix({ measuredAt: '2026-05-04T02:09:00.000Z' })].map(
    (matrix) => matrixResult(record, matrix).result,
  );
  expect(first?.uuid).not.toBe(second?.uuid);
  expect(first?.historyId).toBe(second?.historyId);
});

test('the report explains its word for evidence only where there is evidence', async () => {
  expect(await environmentOf(record)).toContain('"Unknown" here is');
  expect(await environmentOf(sampleRecord({ matrices: [] }))).not.toContain('"Unknown" here is');
});

async function environmentOf(of: RunRecord): Promise<string[]> {
  const writer = new InMemoryWriter();
  await writeResultsTo(writer, of, new AbortController().signal);
  return Object.keys(writer.envInfo ?? {});
}
