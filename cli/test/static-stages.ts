import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { describeEnd, runCommand, succeeded } from '../../provision/lab/cache/command.ts';
import { ensureHostPackages, testPackages } from '../../provision/lab/host-packages.ts';
import { shellFiles } from './shell-files.ts';
import { type Stage, type StageEnd, single } from './stage.ts';

const product = join(import.meta.dirname, '../..');

/** What needs nothing but the source: seconds each. */
export const staticStages: readonly Stage[] = [
  tool('types', 'Type check', 'typescript/bin/tsc', ['--noEmit']),
  tool('lint', 'Lint and import directions', 'oxlint/bin/oxlint', ['--deny-warnings', '--format=unix', '.']),
  tool('exports', 'Dead exports, files and dependencies', 'knip/bin/knip.js', ['--no-progress']),
  tool('format', 'Format', 'oxfmt/bin/oxfmt', ['--check']),
  { id: 'shell', title: 'Shell programs', lab: false, run: shellPrograms },
  { id: 'unit', title: 'Unit tests', lab: false, run: unitTests },
];

function tool(id: string, title: string, program: string, args: readonly string[]): Stage {
  const run = async (signal: AbortSignal): Promise<StageEnd> => {
    const end = await runProgram(signal, program, args);
    return single(succeeded(end), describeEnd(end, Number.MAX_SAFE_INTEGER));
  };
  return { id, title, lab: false, run };
}

/** A program of an npm package, under this Node and without colours. */
function runProgram(signal: AbortSignal, program: string, args: readonly string[]): ReturnType<typeof runCommand> {
  const work = { signal, say: () => undefined };
  return runCommand(work, {
    file: process.execPath,
    args: [join(product, 'node_modules', program), ...args],
    cwd: product,
    env: { NO_COLOR: '1', CI: '1' },
  });
}

/** shellcheck over every shell program of the product; Debian's package is installed where it is missing. */
async function shellPrograms(signal: AbortSignal): Promise<StageEnd> {
  const work = { signal, say: () => undefined };
  await ensureHostPackages(work, testPackages);
  const end = await runCommand(work, { file: 'shellcheck', args: ['--color=never', ...shellFiles(product)], cwd: product });
  return single(succeeded(end), describeEnd(end, Number.MAX_SAFE_INTEGER));
}

async function unitTests(signal: AbortSignal): Promise<StageEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'conform-unit-tests-'));
  try {
    const file = join(folder, 'result.json');
    const end = await runProgram(signal, 'vitest/vitest.mjs', ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`]);
    const output = describeEnd(end, Number.MAX_SAFE_INTEGER);
    const json = await readFile(file, 'utf8').catch(() => '');
    return json === '' ? single(false, output) : countTests(json, { succeeded: succeeded(end), output });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
