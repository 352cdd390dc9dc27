import { join } from 'node:path';
import { describeEnd, runCommand, succeeded } from '../../provision/lab/cache/command.ts';
import { ensureHostPackages, testPackages } from '../../provision/lab/host-packages.ts';
import { runNpmProgram } from './npm-program.ts';
import { type Stage, type StageEnd, single } from './stage.ts';
import { shellFiles } from './shell-files.ts';
import { unitStage } from './unit-stage.ts';

/** The stages that need nothing but the source: seconds each. */
export const staticStages: readonly Stage[] = [
  tool('types', 'Type check', 'typescript/bin/tsc', ['--noEmit']),
  tool('lint', 'Lint and import directions', 'oxlint/bin/oxlint', ['--deny-warnings', '--format=unix', '.']),
  tool('exports', 'Dead exports, files and dependencies', 'knip/bin/knip.js', ['--no-progress']),
  tool('format', 'Format', 'oxfmt/bin/oxfmt', ['--check']),
  { id: 'shell', title: 'Shell programs', lab: false, run: shellPrograms },
  unitStage,
];

function tool(id: string, title: string, program: string, args: readonly string[]): Stage {
  const run = async (signal: AbortSignal): Promise<StageEnd> => {
    const end = await runNpmProgram(signal, { program, args });
    return single(succeeded(end), describeEnd(end, Number.MAX_SAFE_INTEGER));
  };
  return { id, title, lab: false, run };
}

const product = join(import.meta.dirname, '../..');

/** shellcheck over every shell program of the product; Debian's package is installed where it is missing. */
async function shellPrograms(signal: AbortSignal): Promise<StageEnd> {
  const work = { signal, say: () => undefined };
  await ensureHostPackages(work, testPackages);
  const end = await runCommand(work, { file: 'shellcheck', args: ['--color=never', ...shellFiles(product)], cwd: product });
  return single(succeeded(end), describeEnd(end, Number.MAX_SAFE_INTEGER));
}
