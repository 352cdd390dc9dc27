import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecord } from '../../harness/engine/run-record.ts';
import { writeAllureHtml } from './allure-html.ts';
import { reportConfig } from './report-config.ts';
import { writeAllureResults } from './write-allure-results.ts';

/** Writes the run as one HTML file; how, and what is thrown, is said at writeAllureHtml. */
export async function writeAllureReport(record: RunRecord, file: string, signal: AbortSignal): Promise<void> {
  const results = await mkdtemp(join(tmpdir(), 'conform-allure-results-'));
  try {
    await writeAllureResults(record, results, signal);
    await writeAllureHtml({ results, config: reportConfig(record), file }, signal);
  } finally {
    await rm(results, { recursive: true, force: true });
  }
}
