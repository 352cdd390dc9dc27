import { setImmediate as turn } from 'node:timers/promises';
import { FileSystemWriter, type Writer } from 'allure-js-commons/sdk/reporter';
import type { RunRecord } from '../../harness/engine/run-record.ts';
import { consoleSummary } from '../console.ts';
import { allureResult } from './allure-result.ts';
import { type AttachmentFile, attachmentOf } from './attachment.ts';
import { environmentInfo } from './environment-info.ts';
import { failedGuideStep } from './failed-guide-step.ts';
import { identityOf } from './identity.ts';
import { matrixResult } from './matrix-result.ts';

/** Writes the run as Allure results into the folder, which is made when it does not exist. Throws the signal's reason when aborted. */
export async function writeAllureResults(record: RunRecord, folder: string, signal: AbortSignal): Promise<void> {
  await writeResultsTo(new FileSystemWriter({ resultsDir: folder }), record, signal);
}

/**
 * Hands every result, attachment and fact of the run to one of Allure's writers; they depend on the record alone.
 * Allure's file writer is synchronous and flushes each file to the disk, so an interrupt gets its turn between two results.
 */
export async function writeResultsTo(writer: Writer, record: RunRecord, signal: AbortSignal): Promise<void> {
  const requirements = record.results.map((result) => allureResult(record, result));
  const matrices = record.matrices.map((matrix) => matrixResult(record, matrix));
  for (const { result, files } of [...requirements, ...matrices]) {
    writeAttachments(writer, files);
    writer.writeResult(result);
    await turn();
    signal.throwIfAborted();
  }
  for (const step of record.cluster.steps.filter(({ outcome }) => outcome === 'failed')) writer.writeResult(failedGuideStep(record, step));
  writer.writeEnvironmentInfo(environmentInfo(record));
  writeGlobals(writer, record);
}

/** The parts that belong to the whole run: the console's summary, every step of the guide, and the parts that are half dead. */
function writeGlobals(writer: Writer, record: RunRecord): void {
  const files = [
    attachmentOf(record.run.id, 'summary', consoleSummary(record, { colour: false })),
    attachmentOf(record.run.id, "the guide's steps", record.cluster.steps),
  ];
  const timestamp = Date.parse(record.run.startedAt) + record.run.durationMs;
  writeAttachments(writer, files);
  writer.writeGlobals(`${identityOf(record.run.id)}-globals.json`, {
    attachments: files.map(({ name, type, source }) => ({ name, type, source, timestamp })),
    errors: record.causes.map(({ part, evidence }) => ({ message: `Likely cause: ${part}\n${evidence}`, timestamp })),
  });
}

function writeAttachments(writer: Writer, files: readonly AttachmentFile[]): void {
  for (const { source, content } of files) writer.writeAttachment(source, Buffer.from(content));
}
