import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleRecord } from '../sample-record.ts';
import { writeAllureReport } from './write-allure-report.ts';
import { allureFiles, writeAllureResults } from './write-allure-results.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('every file that a result refers to is written', async () => {
  await writeAllureResults(sampleRecord(), join(folder, 'new', 'results'));
  const written = await readdir(join(folder, 'new', 'results'));
  expect(written.toSorted()).toEqual([...allureFiles(sampleRecord()).keys()].toSorted());
  expect(written.filter((name) => name.endsWith('-result.json'))).toHaveLength(10);
  const sources = [...allureFiles(sampleRecord()).values()].flatMap((text) => text.match(/[0-9a-f]{32}-attachment\.\w+/g) ?? []);
  expect(sources.toSorted()).toEqual(written.filter((name) => name.includes('-attachment.')).toSorted());
});

test('the report is one file that calls nobody', async () => {
  const file = join(folder, 'deep', 'report.html');
  await writeAllureReport(sampleRecord(), file, AbortSignal.timeout(30_000));
  const html = await readFile(file, 'utf8');
  expect(html).not.toContain('googletagmanager');
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(html).toContain('conform: rehearsal (lab, as-written): 1 kept, 1 rehearsed, 2 broken');
  expect(await readdir(join(folder, 'deep'))).toEqual(['report.html']);
}, 30_000);

test('an aborted report leaves no file and throws the reason', async () => {
  const controller = new AbortController();
  const reason = new Error('stopped by the test');
  setTimeout(() => controller.abort(reason), 100);
  await expect(writeAllureReport(sampleRecord(), join(folder, 'report.html'), controller.signal)).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual([]);
}, 30_000);
