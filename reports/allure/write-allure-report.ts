import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { RunRecord } from '../../harness/engine/run-record.ts';
import { offlineHtml } from './offline-html.ts';
import { reportConfig } from './report-config.ts';
import { writeAllureResults } from './write-allure-results.ts';

/**
 * Writes the run as one HTML file that opens from a disk, without a network.
 * The file appears whole or not at all; throws what `allure generate` printed when it fails, and the signal's reason when aborted.
 */
export async function writeAllureReport(record: RunRecord, file: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const work = await mkdtemp(join(tmpdir(), 'conform-allure-'));
  try {
    const html = await generate(record, work, signal);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, offlineHtml(html));
    await rename(`${file}.part`, file);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Runs Allure in a folder and with an environment of its own, so that no setting of the caller's reaches it. */
async function generate(record: RunRecord, work: string, signal: AbortSignal): Promise<string> {
  const output = join(work, 'report');
  await writeAllureResults(record, join(work, 'results'), signal);
  await writeFile(join(work, 'allurerc.json'), JSON.stringify(reportConfig(record, output)));
  const command = fileURLToPath(import.meta.resolve('allure'));
  await execa(process.execPath, [command, 'generate', '--config', 'allurerc.json', 'results'], {
    cwd: work,
    env: { HOME: work, TMPDIR: work, PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    stdin: 'ignore',
    cancelSignal: signal,
  });
  return await readFile(join(output, 'index.html'), 'utf8');
}
