import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemoryWriter } from 'allure-js-commons/sdk/reporter';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleRecord } from '../sample-record.ts';
import { writeAllureReport } from './write-allure-report.ts';
import { writeAllureResults, writeResultsTo } from './write-allure-results.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conform-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('every file that a result refers to is written, and no other', async () => {
  await writeAllureResults(sampleRecord(), join(folder, 'new', 'results'), new AbortController().signal);
  const written = await readdir(join(folder, 'new', 'results'));
  expect(written.filter((name) => name.endsWith('-result.json'))).toHaveLength(10);
  const attachments = written.filter((name) => name.includes('-attachment.'));
  const json = await Promise.all(
    written.filter((name) => name.endsWith('.json')).map((name) => readFile(join(folder, 'new', 'results', name), 'utf8')),
  );
  const referred = json
    .flatMap((text) => text.match(/"source":"[0-9a-f]{32}-attachment\.\w+"/g) ?? [])
    .map((text) => text.slice('"source":"'.length, -1));
  expect(referred.toSorted()).toEqual(attachments.toSorted());
  expect(written).toContain('environment.properties');
});

test('one record gives the same results each time', async () => {
  const [first, second] = [new InMemoryWriter(), new InMemoryWriter()];
  for (const writer of [first, second]) await writeResultsTo(writer, sampleRecord(), new AbortController().signal);
  expect(second).toEqual(first);
  expect(first.tests).toHaveLength(10);
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
