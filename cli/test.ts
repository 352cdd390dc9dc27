import { Command, Option } from 'commander';
import { Problem, exitCode } from '../harness/engine/problem.ts';
import { interruptSignal } from './interrupt.ts';
import { labStages } from './test/lab-stages.ts';
import type { Size } from './test/sizes.ts';
import { type EndedStage, type Stage, type StageEnd, describeStage, describeTimes, describeTotal } from './test/stage.ts';
import { staticStages } from './test/static-stages.ts';

interface TestOptions {
  readonly all?: true;
  readonly only?: string;
  readonly skipLab?: true;
}

export const testCommand = new Command('test')
  .description(
    "This product's own tests: types, lint, format, dead exports, shell programs, unit tests, and two rehearsals: the corrected guide with the requirements that only read and those of tenants' quotas, limits and rights, the guide as written with those that only read",
  )
  .option('--all', "every check in both profiles, with those that interrupt the cluster, and the guide's own commands")
  .addOption(new Option('--only <stage>', 'one stage').choices(stagesOf('whole').map(({ id }) => id)))
  .option('--skip-lab', 'leave out the stages that need a lab, and with it root and minutes')
  .action(async (options: TestOptions) => {
    const stages = selected(options);
    const ended: EndedStage[] = [];
    for (const [index, stage] of stages.entries()) ended.push(await runStage(stage, `[${index + 1}/${stages.length}]`, interruptSignal()));
    const ends = ended.map(({ end }) => end);
    process.stdout.write(`\n${describeTimes(ended)}\n\n${describeTotal(ends)}\n`);
    if (ends.some(({ failed }) => failed > 0)) process.exitCode = exitCode.broken;
  });

function stagesOf(size: Size): Stage[] {
  return [...staticStages, ...labStages(size)];
}

/** A stage that only the whole size has can be asked for by its name alone. */
function selected({ all, only, skipLab }: TestOptions): Stage[] {
  const quick = stagesOf('quick');
  const stages = all === true || (only !== undefined && quick.every(({ id }) => id !== only)) ? stagesOf('whole') : quick;
  const found = stages.filter(({ id, lab }) => (only === undefined || id === only) && !(skipLab && lab));
  if (found.length > 0) return found;
  throw new Problem(exitCode.usage, {
    expected: 'a stage to run',
    saw: `--only ${only} together with --skip-lab`,
    next: 'leave one of them out',
  });
}

/** A stage that throws for another reason than an interrupt has failed, and the next ones still run. */
async function runStage({ id, title, run }: Stage, position: string, signal: AbortSignal): Promise<EndedStage> {
  process.stdout.write(`${position} ${title} ...\n`);
  const startedAt = Date.now();
  const end = await run(signal).catch((error: unknown): StageEnd => {
    signal.throwIfAborted();
    return { passed: 0, failed: 1, output: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  });
  const durationMs = Date.now() - startedAt;
  process.stdout.write(`${position} ${describeStage(title, end, durationMs)}\n`);
  return { id, end, durationMs };
}
