import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import type { RunRecord } from '../harness/engine/run-record.ts';
import { writeAllureReport } from '../reports/allure/write-allure-report.ts';
import { junitXml } from '../reports/junit.ts';
import { makeFolder } from '../provision/make-folder.ts';
import { recordsFolder } from './state.ts';

/** Where a record was saved. */
export interface SavedRecord {
  readonly file: string;
  /** Why it is not in the folder of the report; undefined when it is. */
  readonly elsewhere: Error | undefined;
}

/** Saves a record before anything is made of it: in the report's folder, or, where that cannot be written any more, in the state folder of runs. */
export async function saveRecord(record: RunRecord, folder: string): Promise<SavedRecord> {
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  const file = join(folder, 'record.json');
  try {
    await makeFolder(folder);
    await writeFile(file, text);
    return { file, elsewhere: undefined };
  } catch (error) {
    if (!isFileError(error)) throw error;
    const other = join(recordsFolder(), `${record.run.id}.json`);
    await makeFolder(recordsFolder(), 0o700);
    await writeFile(other, text, { mode: 0o600 });
    return { file: other, elsewhere: error };
  }
}

/** Writes the reports that are made of a record; returns the one that a reader opens. Throws a Problem that names the saved record when they cannot be written. */
export async function writeReports(record: RunRecord, folder: string, saved: SavedRecord, signal: AbortSignal): Promise<string> {
  if (saved.elsewhere !== undefined) throw notWritten(folder, saved, saved.elsewhere);
  const html = join(folder, 'index.html');
  try {
    await writeFile(join(folder, 'junit.xml'), junitXml(record));
    await writeAllureReport(record, html, signal);
    return html;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error) throw notWritten(folder, saved, error);
    throw error;
  }
}

function notWritten(folder: string, { file }: SavedRecord, error: Error): Problem {
  const next = `nothing is lost, the record of the run is ${file}; free the disk or mend the folder, and run again`;
  return new Problem(exitCode.usage, { expected: `to write the report into ${folder}`, saw: error.message, next }, error);
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
