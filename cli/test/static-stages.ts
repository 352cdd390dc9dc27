import { describeEnd, succeeded } from '../../provision/lab/cache/command.ts';
import { runNpmProgram } from './npm-program.ts';
import { type Stage, type StageEnd, single } from './stage.ts';
import { unitStage } from './unit-stage.ts';

/** The stages that need nothing but the source: seconds each. */
export const staticStages: readonly Stage[] = [
  tool('types', 'Type check', 'typescript/bin/tsc', ['--noEmit']),
  tool('lint', 'Lint and import directions', 'oxlint/bin/oxlint', ['--deny-warnings', '--format=unix', '.']),
  tool('exports', 'Dead exports, files and dependencies', 'knip/bin/knip.js', ['--no-progress']),
  tool('format', 'Format', 'oxfmt/bin/oxfmt', ['--check']),
  unitStage,
];

function tool(id: string, title: string, program: string, args: readonly string[]): Stage {
  const run = async (signal: AbortSignal): Promise<StageEnd> => {
    const end = await runNpmProgram(signal, { program, args });
    return single(succeeded(end), describeEnd(end, Number.MAX_SAFE_INTEGER));
  };
  return { id, title, lab: false, run };
}
