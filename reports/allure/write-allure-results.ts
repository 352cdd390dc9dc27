import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestResult } from 'allure-js-commons';
import type { RunRecord } from '../../harness/engine/run-record.ts';
import { consoleSummary } from '../console.ts';
import { allureResult } from './allure-result.ts';
import { attachmentOf } from './attachment.ts';
import { environmentProperties } from './environment-properties.ts';
import { failedGuideStep } from './failed-guide-step.ts';
import { identityOf } from './identity.ts';
import { matrixResult } from './matrix-result.ts';

/** Writes the run as Allure 2 results into the folder, which is made when it does not exist. */
export async function writeAllureResults(record: RunRecord, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of allureFiles(record)) await writeFile(join(folder, name), content);
}

/** Every file of the results folder, by its name. */
export function allureFiles(record: RunRecord): Map<string, string> {
  const mapped = record.results.map((result) => allureResult(record, result));
  const matrices = record.matrices.map((matrix) => matrixResult(record, matrix));
  const steps = record.cluster.steps.filter((step) => step.outcome === 'failed').map((step) => failedGuideStep(record, step));
  return new Map([
    ...[...mapped, ...matrices].flatMap(({ files }) => files.map((file) => [file.source, file.content] as const)),
    ...[...[...mapped, ...matrices].map(({ result }) => result), ...steps].map(resultFile),
    ['environment.properties', environmentProperties(record)],
    ...globalFiles(record),
  ]);
}

function resultFile(result: TestResult): readonly [string, string] {
  return [`${result.uuid}-result.json`, JSON.stringify(result)];
}

/** What belongs to the whole run: the console's summary, every step of the guide, and the parts that were half dead. */
function globalFiles(record: RunRecord): (readonly [string, string])[] {
  const files = [
    attachmentOf(record.run.id, 'summary', consoleSummary(record, { colour: false })),
    attachmentOf(record.run.id, "the guide's steps", record.cluster.steps),
  ];
  const timestamp = Date.parse(record.run.startedAt) + record.run.durationMs;
  const attachments = files.map(({ name, type, source }) => ({ name, type, source, timestamp }));
  const errors = record.causes.map(({ part, evidence }) => ({ message: `Likely cause: ${part}\n${evidence}`, timestamp }));
  return [
    ...files.map((file) => [file.source, file.content] as const),
    [`${identityOf(record.run.id)}-globals.json`, JSON.stringify({ attachments, errors })],
  ];
}
