import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord } from '../harness/engine/run-record.ts';
import { writeAllureReport } from '../reports/allure/write-allure-report.ts';
import { junitXml } from '../reports/junit.ts';

/** Writes every report of a run into the folder. */
export async function writeReports(record: RunRecord, folder: string, signal: AbortSignal): Promise<{ html: string; record: string }> {
  await mkdir(folder, { recursive: true });
  const files = { html: join(folder, 'index.html'), record: join(folder, 'record.json'), junit: join(folder, 'junit.xml') };
  await writeFile(files.record, `${JSON.stringify(record, undefined, 2)}\n`);
  await writeFile(files.junit, junitXml(record));
  await writeAllureReport(record, files.html, signal);
  return files;
}
