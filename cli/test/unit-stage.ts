import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { describeEnd, succeeded } from '../../provision/lab/cache/command.ts';
import { writeAllureHtml } from '../../reports/allure/allure-html.ts';
import { runNpmProgram } from './npm-program.ts';
import { readWritten } from './read-written.ts';
import { type Stage, type StageEnd, single } from './stage.ts';

/** The report of the unit tests, in the folder where the command was started. */
const reportFile = join('report-tests', 'index.html');

/** The product's own tests; they leave an Allure report of themselves. */
export const unitStage: Stage = { id: 'unit', title: `Unit tests (report: ${reportFile})`, lab: false, run: unitTests };

/** Every run has a folder of its own for its results, so that two at a time do not mix. */
async function unitTests(signal: AbortSignal): Promise<StageEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'conform-unit-tests-'));
  try {
    const end = await runNpmProgram(signal, { program: 'vitest/vitest.mjs', args: ['run'], env: { CONFORM_UNIT_RESULTS: folder } });
    const output = describeEnd(end, Number.MAX_SAFE_INTEGER);
    const json = await readWritten(join(folder, 'result.json'));
    if (json === undefined) return single(false, output);
    const counted = countTests(json, { succeeded: succeeded(end), output });
    await writeAllureHtml({ results: join(folder, 'allure'), config: reportConfig(counted), file: reportFile }, signal);
    return counted;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reportConfig({ passed, failed }: StageEnd): object {
  const name = `conform's own unit tests: ${passed} passed, ${failed} failed`;
  return { name, plugins: { awesome: { options: { reportName: name, reportLanguage: 'en', singleFile: true, groupBy: ['titlePath'] } } } };
}

const vitestResult = z.object({
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

/**
 * Counts what Vitest's JSON reporter wrote. A file that could not be loaded has failed without a test,
 * and a run that failed for another reason (an unhandled error, no tests at all) must not look passed.
 */
export function countTests(json: string, run: { readonly succeeded: boolean; readonly output: string }): StageEnd {
  const { testResults } = vitestResult.parse(JSON.parse(json));
  const count = (status: string): number =>
    testResults.flatMap((file) => file.assertionResults).filter((one) => one.status === status).length;
  const notLoaded = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
  ).length;
  const passed = count('passed');
  const failed = count('failed') + notLoaded;
  const unexplained = failed === 0 && (!run.succeeded || passed === 0) ? 1 : 0;
  return { passed, failed: failed + unexplained, output: run.output };
}
